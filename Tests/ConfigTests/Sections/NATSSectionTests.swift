import Testing

@testable import Config

@Suite("The nats section")
struct NATSSectionTests {
    @Test(
        "says what is wrong in the nats section, and where",
        arguments: [
            Case(
                text(rest: #""nats": {"servers": []}"#),
                #"5:21: nats.servers: must name at least one server (such as "nats://127.0.0.1:4222")"#
            ),
            Case(
                text(rest: #""nats": {"servers": "nats://x"}"#),
                "5:21: nats.servers: must be a list, not a string"
            ),
            Case(
                text(rest: #""nats": {"servers": ["h:4222"]}"#),
                #"5:22: nats.servers[0]: must start with "nats://" (as in "nats://127.0.0.1:4222")"#
            ),
            Case(
                text(rest: #""nats": {"servers": ["http://h"]}"#),
                #"5:22: nats.servers[0]: must start with "nats://" or "tls://" (other schemes are not supported)"#
            ),
            Case(
                text(rest: #""nats": {"servers": ["nats://h:0"]}"#),
                "5:22: nats.servers[0]: must have a port from 1 to 65535 after ':'"
            ),
            Case(
                text(rest: #""nats": {"servers": ["nats://u:p/w@h"]}"#),
                "5:22: nats.servers[0]: must have nothing after host and port (in a password write '/' as %2F, '?' as "
                    + "%3F, '#' as %23)"
            ),
            Case(
                text(rest: #""nats": {"servers": ["nats://u:%zz@h"]}"#),
                "5:22: nats.servers[0]: has a '%' without two hexadecimal digits before '@' (write '%' itself as %25)"
            ),
            Case(
                text(rest: #""nats": {"servers": ["nats://:p@h"]}"#),
                "5:22: nats.servers[0]: has an empty user name before ':'"
            ),
            Case(
                text(rest: #""nats": {"servers": ["nats://u:@h"]}"#),
                "5:22: nats.servers[0]: has an empty password before '@'"
            ),
            Case(
                text(rest: #""nats": {"servers": ["nats://@h"]}"#),
                "5:22: nats.servers[0]: has an empty token before '@'"
            ),
            Case(
                text(rest: #""nats": {"servers": ["nats://::1:4222"]}"#),
                #"5:22: nats.servers[0]: has more than one ':' (an IPv6 address is written in brackets: "[::1]")"#
            ),
            Case(
                text(rest: #""nats": {"servers": ["nats://[::1"]}"#),
                "5:22: nats.servers[0]: has a '[' without its ']'"
            ),
            Case(
                text(rest: #""nats": {"servers": ["nats://[x]"]}"#),
                "5:22: nats.servers[0]: has something else than an IPv6 address between '[' and ']'"
            ),
            Case(
                text(rest: #""nats": {"servers": ["nats://[::1]x"]}"#),
                "5:22: nats.servers[0]: must have nothing but a ':' and a port after ']'"
            ),
            Case(
                text(rest: #""nats": {"servers": ["nats://a,nats://b"]}"#),
                "5:22: nats.servers[0]: must have one address (write several as elements of the list)"
            ),
            Case(
                text(rest: #""nats": {"servers": ["nats://a,b"]}"#),
                "5:22: nats.servers[0]: must have one address (write several as elements of the list)"
            ),
            Case(
                text(rest: #""nats": {"servers": ["nats://a b"]}"#),
                "5:22: nats.servers[0]: must have a host of letters, digits, '-', '_' and '.'"
            ),
            Case(
                text(rest: #""nats": {"servers": ["nats://é"]}"#),
                #"5:22: nats.servers[0]: must have a host in ASCII (write the "xn--" form of the name)"#
            ),
            Case(
                text(rest: #""nats": {"servers": ["nats://1.2.3.400"]}"#),
                "5:22: nats.servers[0]: has a host that looks like an IPv4 address but is none"
            ),
            Case(
                text(rest: #""nats": {"servers": ["nats://a", "nats://A:4222/"]}"#),
                #"5:34: nats.servers[1]: names "A:4222" a second time (remove it)"#
            ),
            Case(
                text(rest: #""nats": {"servers": ["nats://%ff@h"]}"#),
                "5:22: nats.servers[0]: has user info that is not UTF-8 when its % escapes are decoded"
            ),
            Case(
                text(rest: #""nats": {"servers": ["nats://"]}"#),
                "5:22: nats.servers[0]: has no host"
            ),
            Case(
                text(rest: #""nats": {"servers": ["nats://a..b"]}"#),
                "5:22: nats.servers[0]: must have a host that can be a DNS name"
            ),
            Case(
                text(rest: #""nats": {"username": "u"}"#),
                #"5:22: nats.username: needs a "password" beside it"#
            ),
            Case(
                text(rest: #""nats": {"password": "p"}"#),
                #"5:22: nats.password: needs a "username" beside it"#
            ),
            Case(
                text(rest: #""nats": {"token": "t", "username": "u", "password": "p"}"#),
                #"5:19: nats.token: cannot be used together with "username" and "password" (keep one of the two)"#
            ),
            Case(
                text(rest: #""nats": {"token": "t", "password": "p"}"#),
                #"5:19: nats.token: cannot be used together with "username" and "password" (keep one of the two)"#
            ),
            Case(
                text(rest: #""nats": {"connect_timeout": "0s"}"#),
                "5:29: nats.connect_timeout: must be from 1ms to 24h, not 0s"
            ),
            Case(
                text(rest: #""nats": {"connect_timeout": 2}"#),
                #"5:29: nats.connect_timeout: must be a duration, which has a unit (for seconds write "2s")"#
            ),
            Case(
                text(rest: #""nats": {"reconnect_wait": "2"}"#),
                #"5:28: nats.reconnect_wait: must be a duration such as "500ms", "30s" or "1h30m", not "2" (a unit is missing)"#
            ),
            Case(
                text(rest: #""nats": {"reconnect_wait": "2 s"}"#),
                #"5:28: nats.reconnect_wait: must be a duration such as "500ms", "30s" or "1h30m", not "2 s""#
            ),
            Case(
                text(rest: #""nats": {"reconnect_wait": "2d"}"#),
                #"5:28: nats.reconnect_wait: the unit "d" is unknown (known: ns, us, ms, s, m, h)"#
            ),
            Case(
                text(rest: #""nats": {"reconnect_wait": "-2s"}"#),
                "5:28: nats.reconnect_wait: must not be negative"
            ),
            Case(
                text(rest: #""nats": {"reconnect_wait": "1s1m"}"#),
                #"5:28: nats.reconnect_wait: must be a duration such as "500ms", "30s" or "1h30m", not "1s1m" (each "#
                    + "unit once, the longest first)"
            ),
            Case(
                text(rest: #""nats": {"reconnect_wait": "1.s"}"#),
                #"5:28: nats.reconnect_wait: must be a duration such as "500ms", "30s" or "1h30m", not "1.s""#
            ),
            Case(
                text(rest: #""nats": {"reconnect_wait": "1.5ns"}"#),
                "5:28: nats.reconnect_wait: is finer than a nanosecond"
            ),
            Case(
                text(rest: #""nats": {"reconnect_wait": "9999999999999h"}"#),
                "5:28: nats.reconnect_wait: is longer than can be counted"
            ),
            Case(
                text(rest: #""nats": {"reconnect_wait": "25h"}"#),
                "5:28: nats.reconnect_wait: must be from 1ms to 24h, not 25h"
            ),
            Case(
                text(rest: #""nats": {"reconnect_wait": null}"#),
                #"5:28: nats.reconnect_wait: must be a duration such as "30s", not null (leave the key out for its default)"#
            ),
            Case(
                text(rest: #""nats": {"reconnect_wait": ""}"#),
                "5:28: nats.reconnect_wait: must not be empty"
            ),
            Case(
                text(rest: #""nats": {"reconnect_wait": "\u0000"}"#),
                "5:28: nats.reconnect_wait: must not contain control characters"
            ),
            Case(
                text(rest: #""nats": {"servers": ["nats://a", "tls://a"]}"#),
                #"5:34: nats.servers[1]: names "a:4222" a second time (remove it)"#
            ),
            Case(
                text(rest: #""nats": {"tls": true}"#),
                "5:17: nats.tls: must be an object, not a boolean"
            ),
            Case(
                text(rest: #""nats": {"tls": {"cert_file": "ca.pem"}}"#),
                #"5:31: nats.tls.cert_file: needs a "key_file" beside it"#
            ),
            Case(
                text(rest: #""nats": {"tls": {"key_file": "ca.pem"}}"#),
                #"5:30: nats.tls.key_file: needs a "cert_file" beside it"#
            ),
            Case(
                text(rest: #""nats": {"tls": {"ca_file": "no.pem"}}"#),
                #"5:29: nats.tls.ca_file: cannot read the file "/conf/no.pem": No such file or directory"#
            ),
            Case(
                text(rest: #""nats": {"tls": {"ca_file": 1}}"#),
                #"5:29: nats.tls.ca_file: must be a path, or {"credential": NAME}, not a number"#
            ),
            Case(
                text(rest: #""nats": {"tls": {"ca_file": {"file": "ca.pem"}}}"#),
                "5:30: nats.tls.ca_file.file: unknown key (known here: credential)"
            ),
            Case(
                text(rest: #""nats": {"tls": {"ca_file": {}}}"#),
                #"5:29: nats.tls.ca_file: must be a path, or {"credential": NAME}, and there is no "credential" in it"#
            ),
            Case(
                text(rest: #""nats": {"tls": {"ca_file": {"credential": "c"}}}"#),
                "5:44: nats.tls.ca_file.credential: there is no $CREDENTIALS_DIRECTORY (systemd sets it when the unit has "
                    + "LoadCredential=c:PATH)"
            ),
            Case(
                text(rest: #""nats": {"tls": {"ca_file": {"credential": "a/b"}}}"#),
                "5:44: nats.tls.ca_file.credential: must be the name of a credential, not a path (for a file write its path)"
            ),
            Case(
                text(rest: #""nats": {"tls": {"server_name": "10.0.0.1"}}"#),
                "5:33: nats.tls.server_name: must be a name, not an IP address (a certificate for an address is compared with that "
                    + "of the server)"
            ),
            Case(
                text(rest: #""nats": {"tls": {"server_name": "h:4222"}}"#),
                "5:33: nats.tls.server_name: must be a name alone, without a port"
            ),
            Case(
                text(rest: #""nats": {"tls": {"server_name": "a b"}}"#),
                "5:33: nats.tls.server_name: must have a host of letters, digits, '-', '_' and '.'"
            ),
            Case(
                text(rest: #""nats": {"tls": {"insecure_skip_verify": "yes"}}"#),
                "5:42: nats.tls.insecure_skip_verify: must be true or false, not a string"
            ),
            Case(
                text(rest: #""nats": {"tls": {"cafile": "ca.pem"}}"#),
                #"5:18: nats.tls.cafile: unknown key (did you mean "ca_file"?)"#
            ),
            Case(
                text(rest: #""nats": {"nkey_seed_file": "no.nk"}"#),
                #"5:28: nats.nkey_seed_file: cannot read the file "/conf/no.nk": No such file or directory"#
            ),
            Case(
                text(rest: #""nats": {"nkey_seed_file": "ca.pem", "credentials_file": "c.key"}"#),
                #"5:58: nats.credentials_file: cannot be used together with "nkey_seed_file" (keep one of the two)"#
            ),
            Case(
                text(rest: #""nats": {"credentials_file": "ca.pem", "token": "t"}"#),
                #"5:30: nats.credentials_file: cannot be used together with "token" (keep one of the two)"#
            ),
            Case(
                text(rest: #""nats": {"username": "u", "password": "p", "nkey_seed_file": "ca.pem"}"#),
                #"5:62: nats.nkey_seed_file: cannot be used together with "username" and "password" (keep one of the two)"#
            ),
            Case(
                text(rest: #""nats": {"server": []}"#),
                #"5:10: nats.server: unknown key (did you mean "servers"?)"#
            ),
            Case(
                text(rest: #""nats": {"usrname": "u"}"#),
                #"5:10: nats.usrname: unknown key (did you mean "username"?)"#
            ),
            Case(
                text(rest: #""nats": {"x": 1}"#),
                "5:10: nats.x: unknown key (known here: servers, username, password, token, nkey_seed_file, credentials_file, tls, connect_timeout, reconnect_wait)"
            ),
            Case(
                text(rest: #""nats": []"#),
                "5:9: nats: must be an object, not a list"
            ),
            Case(
                text(rest: #""nats": {"token": 1}"#),
                #"5:19: nats.token: must be a string, {"env": NAME}, {"file": PATH} or {"credential": NAME}, not a number"#
            ),
        ]
    )
    func errors(_ wrong: Case) {
        let loaded = load(wrong.text, variables: ["EMPTY": ""], files: completeFiles)
        #expect(loaded.lines == ["config.json:" + wrong.line])
        #expect(loaded.configuration == nil)
    }

    @Test("verification that is left out is warned of")
    func careless() {
        #expect(
            load(text(rest: #""nats": {"tls": {"insecure_skip_verify": true}}"#)).lines == [
                #"config.json:5:17: warning: nats.tls: has "insecure_skip_verify": whoever answers is taken for the server, and is shown "#
                    + "the credentials"
            ]
        )
        #expect(load(text(rest: #""nats": {"tls": {"insecure_skip_verify": false}}"#)).lines == [])
    }
}
