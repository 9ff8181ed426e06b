/// A file that uses every key; but for the ways of authentication, of which there can be one.
let completeText = """
    {
      "$schema": "stan-bridged.schema.json",
      "nats": {
        "servers": ["nats://127.0.0.1", "tls://u%40x:p%3Aw@h-2.example:4223", "nats://tok%25en@[::1]:4224/"],
        "username": "bridge",
        "password": { "env": "PASSWORD" },
        "tls": {
          "ca_file": "ca.pem",
          "cert_file": "/etc/c.pem",
          "key_file": "c.key",
          "server_name": "nats.example",
          "insecure_skip_verify": false
        },
        "connect_timeout": "1500ms",
        "reconnect_wait": "0.5s"
      },
      "stan": {
        "cluster_id": "test-cluster",
        "client_id": "bridge_1-A",
        "connect_timeout": "3s",
        "ping_interval": "2s",
        "ping_max_out": 4,
        "max_pub_acks_inflight": 100,
        "discover_prefix": "_STAN.elsewhere",
        "monitoring_url": "https://stan.example:8222/nss/"
      },
      "sinks": {
        "hook": {
          "type": "http",
          "url": "https://[::1]:8443/in?x=1",
          "method": "PATCH",
          "headers": { "Authorization": { "env": "PASSWORD" }, "Host": "example.com", "X-E": "{channel}/{ e }" },
          "timeout": "10s",
          "connect_timeout": "250ms",
          "concurrency": 4096,
          "circuit_breaker": { "failures": 3, "open_for": "1m" },
          "rate_limit": { "per_second": 0.5, "burst": 7 },
          "format": "cloudevents",
          "event_type": "com.example.order",
          "compression": "zstd",
          "sign": { "secrets": ["whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX", "0123456789abcdef01234567"] },
          "http_version": "2",
          "tls": {
            "ca_file": "ca.pem", "cert_file": "/etc/c.pem", "key_file": "c.key", "server_name": "billing.example",
            "insecure_skip_verify": false, "min_version": "1.3"
          },
          "proxy": "socks5h://u:p%40@proxy.example:1080",
          "follow_redirects": true,
          "retry_on": [404, "3xx"],
          "reject_on": ["5xx", 301],
          "low_speed": { "below": "1KiB", "for": "9s" }
        },
        "archive": {
          "type": "file", "path": "out/{channel}-{route}-{client_id}.log", "format": "raw", "mode": "600",
          "sync": { "interval": "2s" }, "idle_close": "90s", "max_open": 7,
          "rotate": { "size": "64MiB", "every": "1h", "keep": 24, "max_age": "36h", "compress": "zstd" }
        },
        "screen": { "type": "stdout", "format": "raw" },
        "dead": { "type": "stan", "channel": "dead.{channel}.{route}" },
        "bulk": {
          "type": "http", "url": "http://bulk.example/", "timeout": "1s", "unix_socket": "bulk.sock", "compression": "gzip",
          "batch": { "max_messages": 1, "max_bytes": "64MiB", "max_wait": "1ms", "format": "json_array" },
          "basic": { "username": "u", "password": { "env": "PASSWORD" } }
        },
        "token": {
          "type": "http", "url": "http://localhost/", "timeout": "1s", "http_version": "2_prior_knowledge",
          "bearer": { "env": "PASSWORD" }
        },
        "bytes": { "type": "file", "path": "%Y-%m-%d/%H%M%S-%%", "format": "length_delimited", "sync": "always" }
      },
      "routes": [
        {
          "name": "orders é",
          "channel": "orders.new:1",
          "durable_name": "bridge",
          "queue": "workers",
          "start_at": { "time": "2026-01-31T08:00:00.25+01:00" },
          "max_inflight": 2147483647,
          "ack_wait": "1m",
          "to": ["archive", "bytes", "screen"],
          "retry": { "initial": "100ms", "max": "100ms", "multiplier": 1, "jitter": 0 },
          "when": { "all": [
            { "pointer": "/type", "in": ["a", 1.0, true, null] }, { "not": { "pointer": "", "exists": false } },
            { "any": [{ "pointer": "/a~1b/0", "equals": -1e3 }, { "pointer": "/s", "matches": "^[a-z]+$" }] }
          ] }
        },
        { "name": "b", "channel": "b", "durable_name": "d:x", "max_inflight": 1, "to": ["hook"], "start_at": { "ago": "1h30m" },
          "ordering": { "key": "/customer/id" }, "retry": { "max_attempts": 20 }, "dead_letter": "dead" },
        { "name": "c", "channel": "b", "durable_name": "e", "max_inflight": 1, "to": ["hook", "bulk", "token"], "start_at": { "sequence": 18446744073709551615 } }
      ],
      "admin": { "listen": "[::]:0", "token": "t" },
      "log": { "level": "notice", "format": "json" },
      "shutdown_timeout": "0s",
      "state_dir": "state"
    }
    """

/// The files that it names.
let completeFiles: [String: [UInt8]] = ["/conf/ca.pem": [], "/etc/c.pem": [], "/conf/c.key": []]
