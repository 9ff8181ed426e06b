import Testing

@testable import Config

@Test("probe") func probe() {
    let sinkH = #""type": "http", "url": "http://h/""#
    let texts: [String] = [
        // nats
        #"{"servers": []}"#, #"{"servers": "nats://x"}"#, #"{"servers": ["tls://h"]}"#, #"{"servers": ["h:4222"]}"#,
        #"{"servers": ["http://h"]}"#, #"{"servers": ["nats://h:0"]}"#, #"{"servers": ["nats://u:p/w@h"]}"#,
        #"{"servers": ["nats://u:%zz@h"]}"#, #"{"servers": ["nats://:p@h"]}"#, #"{"servers": ["nats://u:@h"]}"#, #"{"servers": ["nats://@h"]}"#,
        #"{"servers": ["nats://::1:4222"]}"#, #"{"servers": ["nats://[::1"]}"#, #"{"servers": ["nats://[x]"]}"#, #"{"servers": ["nats://[::1]x"]}"#,
        #"{"servers": ["nats://a,nats://b"]}"#, #"{"servers": ["nats://a,b"]}"#, #"{"servers": ["nats://a b"]}"#,  #"{"servers": ["nats://é"]}"#, #"{"servers": ["nats://1.2.3.400"]}"#,
        #"{"servers": ["nats://a", "nats://A:4222/"]}"#, #"{"servers": ["nats://%ff@h"]}"#, #"{"servers": ["nats://"]}"#, #"{"servers": ["nats://a..b"]}"#,
        #"{"username": "u"}"#, #"{"password": "p"}"#, #"{"token": "t", "username": "u", "password": "p"}"#, #"{"token": "t", "password": "p"}"#,
        #"{"connect_timeout": "0s"}"#, #"{"connect_timeout": 2}"#, #"{"reconnect_wait": "2"}"#, #"{"reconnect_wait": "2 s"}"#,#"{"reconnect_wait": "2d"}"#,
        #"{"reconnect_wait": "-2s"}"#, #"{"reconnect_wait": "1s1m"}"#,#"{"reconnect_wait": "1.s"}"#,#"{"reconnect_wait": "1.5ns"}"#,#"{"reconnect_wait": "9999999999999h"}"#,#"{"reconnect_wait": "25h"}"#,#"{"reconnect_wait": null}"#, #"{"reconnect_wait": ""}"#, #"{"reconnect_wait": "\u0000"}"#,
        #"{"tls": {}}"#, #"{"credentials_file": "x", "nkey_seed_file": "y"}"#, #"{"server": []}"#, #"{"usrname": "u"}"#, #"{"x": 1}"#, #"[]"#, #"{"token": 1}"#, #"{"token": ""}"#, #"{"token": {}}"#, #"{"token": {"env": "A", "file": "B"}}"#, #"{"token": {"evn": "A"}}"#, #"{"token": {"env": "NOPE"}}"#, #"{"token": {"env": "EMPTY"}}"#, #"{"token": {"env": 1}}"#, #"{"token": {"file": "nope"}}"#, #"{"token": {"file": "/empty"}}"#,#"{"token": {"file": "/binary"}}"#, #"{"token": {"credential": "../x"}}"#, #"{"token": {"credential": ".."}}"#, #"{"token": {"credential": "x"}}"#,
    ].map { text(rest: "\"nats\": \($0)") } + [
        "{}", #"{"cluster_id": "c"}"#, #"{"cluster_id": "a b", "client_id": "a.b"}"#, #"{"cluster_id": "a..b", "client_id": ""}"#, #"{"cluster_id": "a.>", "client_id": 1}"#,
        #"{"cluster_id": "c", "client_id": "b", "ping_interval": "1.5s"}"#, #"{"cluster_id": "c", "client_id": "b", "ping_interval": "500ms"}"#, #"{"cluster_id": "c", "client_id": "b", "ping_max_out": 1}"#, #"{"cluster_id": "c", "client_id": "b", "ping_max_out": 2.0}"#, #"{"cluster_id": "c", "client_id": "b", "max_pub_acks_inflight": 0}"#, #"{"cluster_id": "c", "client_id": "b", "max_pub_acks_inflight": 99999999999}"#, #"{"cluster_id": "c", "client_id": "b", "discover_prefix": "a."}"#, #"{"cluster_id": "c", "client_id": "b", "clusterId": "a."}"#, #"{"cluster_id": "c", "client_id": "b", "durable": "a."}"#,
    ].map { text(stan: $0) } + [
        "", #""type": "htp""#, #""type": "stan", "channel": "x""#, #""type": "kafka""#, #""type": 1"#, #""typ": "http""#,
        #""type": "http""#, #""type": "http", "url": "h""#, #""type": "http", "url": "ftp://h""#, #""type": "http", "url": "http://u:p@h/""#, #""type": "http", "url": "http://h/#f""#, #""type": "http", "url": "http:///x""#, #""type": "http", "url": "http://h/a b""#, #""type": "http", "url": "http://h/{channel}""#, #""type": "http", "url": "http://h/%4""#, #""type": "http", "url": "http://h/ü""#, #""type": "http", "url": "http://h:70000/""#,
        sinkH + #", "method": "GET""#, sinkH + #", "method": "post""#, sinkH + #", "headers": []"#, sinkH + #", "headers": {"a b": "x", "": "y", "Stan-Channel": "x", "idempotency-key": "y", "Content-Length": "1", "Transfer-Encoding": "chunked", "X": "a\r\nb", "x": "c", "Y": "", "Z": 1}"#,
        sinkH + #", "concurrency": 0"#, sinkH + #", "concurrency": 4097"#, sinkH + #", "concurrency": 1.5"#, sinkH + #", "concurrency": "64""#, sinkH + #", "timeout": "0s""#, sinkH + #", "sign": {}, "batch": {}, "format": "json", "follow_redirects": false"#, sinkH + #", "path": "x""#,
        #""type": "file""#, #""type": "file", "path": """#, #""type": "file", "path": "/a/{chanel}""#, #""type": "file", "path": "/a/{topic}""#, #""type": "file", "path": "/a/{channel""#, #""type": "file", "path": "/a/channel}""#, #""type": "file", "path": "/a/{{channel}}""#, #""type": "file", "path": "/a/""#, #""type": "file", "path": "/a/%Y""#, #""type": "file", "path": "/a/\u0000""#,
        #""type": "file", "path": "/a", "format": "length_delimited""#, #""type": "file", "path": "/a", "format": "jsn""#, #""type": "file", "path": "/a", "mode": 640"#, #""type": "file", "path": "/a", "mode": "888""#, #""type": "file", "path": "/a", "mode": "0440""#, #""type": "file", "path": "/a", "mode": "1777""#, #""type": "file", "path": "/a", "rotate": {}, "sync": "always""#,
        #""type": "stdout", "format": "text""#, #""type": "stdout", "path": "x""#,
    ].map { text(sink: $0) } + [
        #""channel": "", "to": ["s"]"#, #""channel": "a.*", "to": ["s"]"#, #""channel": "a/b", "to": ["s"]"#, #""channel": "a b", "to": ["s"]"#, #""channel": ".a", "to": ["s"]"#,#""channel": "a.", "to": ["s"]"#,#""channel": "a..b", "to": ["s"]"#,
        #""to": ["s"]"#, #""channel": "a""#, #""channel": "a", "to": []"#, #""channel": "a", "to": "s""#, #""channel": "a", "to": ["t"]"#, #""channel": "a", "to": ["s", "s"]"#, #""channel": "a", "to": ["S"]"#, #""channel": "a", "to": [1]"#,
        #""channel": "a", "to": ["s"], "durable_name": "a:b""#, #""channel": "a", "to": ["s"], "queue": "q:r", "durable_name": "d""#, #""channel": "a", "to": ["s"], "queue": "q", "durable_name": "a:b""#,
    ].map { text(route: $0) } + [
        #""start_at": "frist""#, #""start_at": 5"#, #""start_at": {}"#, #""start_at": {"sequence": 0}"#, #""start_at": {"sequence": 1.5}"#, #""start_at": {"sequence": 1, "ago": "1h"}"#, #""start_at": {"sequnce": 1}"#, #""start_at": {"time": "yesterday"}"#, #""start_at": {"time": "2023-02-29T00:00:00Z"}"#, #""start_at": {"time": "1969-12-31T23:59:59Z"}"#, #""start_at": {"ago": "0s"}"#,
        #""max_inflight": 0"#, #""max_inflight": 2147483648"#, #""ack_wait": "1500ms""#, #""ack_wait": "0s""#, #""ack_wait": "30""#, #""ack_wait": 30"#,
        #""retry": {"initial": "10m"}"#, #""retry": {"initial": "10s", "max": "1s"}"#, #""retry": {"multiplier": 0.5}"#, #""retry": {"jitter": 2}"#, #""retry": {"multiplier": 1e999}"#, #""retry": {"max_attempts": 3}"#, #""retry": {"attempts": 3}"#, #""retry": []"#,
        #""ordering": "ordered", "when": {}, "dead_letter": "s""#, #""ackwait": "1s""#, #""maxInflight": 1"#, #""orderng": 1"#,
    ].map { text(route: #""channel": "a", "durable_name": "d", "to": ["s"], "# + $0) } + [
        #""admin": {}"#, #""admin": {"listen": "8223"}"#, #""admin": {"listen": ":8223"}"#, #""admin": {"listen": "0.0.0.0:8223"}"#, #""admin": {"listen": "[::]:8223"}"#, #""admin": {"listen": "example.com:1"}"#, #""admin": {"listen": "127.0.0.1"}"#, #""admin": {"listen": "127.0.0.1:x"}"#, #""admin": {"listen": "127.0.0.1:"}"#,
        #""log": {"level": "warn"}"#, #""log": {"level": "verbose", "format": "jsn"}"#, #""log": "info""#, #""shutdown_timeout": "48h""#, #""state_dir": "/x""#, #""rotues": []"#, #""shutdown_timout": "1s""#,
    ].map { text(rest: $0) } + [
        text(sinks: "{}"), text(sinks: "[]"), text(routes: "[]"), text(routes: "{}"), "[]", "{}", text(sinks: #"{"": {"type": "stdout"}, "a/b": {"type": "stdout"}, "s": []}"#), text(routes: #"[1, {}]"#),
        text(routes: #"[{"name": "r", "channel": "a", "durable_name": "d", "to": ["s"]}, {"name": "r", "channel": "a", "durable_name": "d", "to": ["s"]}]"#),
        text(sinks: #"{"s": {"type": "file", "path": "a.log"}, "t": {"type": "file", "path": "/conf/./a.log"}}"#),
        text(sinks: #"{"s": {"type": "file", "path": "{channel}.log"}, "t": {"type": "file", "path": "/conf/a.log"}}"#, routes: #"[{"name": "r", "channel": "a", "durable_name": "d", "to": ["s", "t"]}]"#),
        text(sinks: #"{"s": {"type": "stdout"}, "t": {"type": "stdout"}}"#, routes: #"[{"name": "r", "channel": "a", "to": ["s"]}]"#),
        text(sinks: #"{"s": {"type": "http", "url": "http://h/", "timeout": "45500ms"}}"#, routes: #"[{"name": "r", "channel": "a", "durable_name": "d", "to": ["s"]}]"#),
        text(sinks: #"{"s": {"type": "http", "url": "http://h/"}}"#, routes: #"[{"name": "r", "channel": "a", "durable_name": "d", "to": ["s"]}]"#),
    ]
    for text in texts {
        let loaded = load(text, variables: ["EMPTY": ""], files: ["/empty": [10], "/binary": [0xff]])
        print("##", text.split(separator: "\n").dropFirst().dropLast().filter { !$0.hasPrefix("\"$schema\"") && !$0.hasPrefix(#""stan": {"cluster_id": "c", "client_id": "b"},"#) && $0 != #""sinks": {"s": {"type": "stdout"}},"# && !$0.hasPrefix(#""routes": [{"name": "r", "channel": "a.b""#) }.joined(separator: "\n   "))
        print(loaded.report)
    }
}
