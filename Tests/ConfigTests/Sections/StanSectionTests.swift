import Testing

@testable import Config

@Suite("The stan section")
struct StanSectionTests {
    @Test(
        "says what is wrong in the stan section, and where",
        arguments: [
            Case(
                text(stan: #"{"cluster_id": "c"}"#),
                "2:9: stan.client_id: is missing (a name of your own that no other client of the cluster has)"
            ),
            Case(
                text(stan: #"{"cluster_id": "c", "client_id": "b", "ping_interval": "1.5s"}"#),
                #"2:64: stan.ping_interval: must be whole seconds, not 1.5s: STAN knows no fractions here (write "1s" or "2s")"#
            ),
            Case(
                text(stan: #"{"cluster_id": "c", "client_id": "b", "ping_interval": "500ms"}"#),
                #"2:64: stan.ping_interval: must be whole seconds, not 500ms: STAN knows no fractions here (write "1s")"#
            ),
            Case(
                text(stan: #"{"cluster_id": "c", "client_id": "b", "ping_max_out": 1}"#),
                "2:63: stan.ping_max_out: must be a whole number from 2 to 2147483647, not 1"
            ),
            Case(
                text(stan: #"{"cluster_id": "c", "client_id": "b", "ping_max_out": 2.0}"#),
                #"2:63: stan.ping_max_out: must be a whole number from 2 to 2147483647, not 2.0 (write it without "." "#
                    + "and exponent)"
            ),
            Case(
                text(stan: #"{"cluster_id": "c", "client_id": "b", "max_pub_acks_inflight": 0}"#),
                "2:72: stan.max_pub_acks_inflight: must be a whole number from 1 to 2147483647, not 0"
            ),
            Case(
                text(stan: #"{"cluster_id": "c", "client_id": "b", "max_pub_acks_inflight": 99999999999}"#),
                "2:72: stan.max_pub_acks_inflight: must be a whole number from 1 to 2147483647, not 99999999999"
            ),
            Case(
                text(stan: #"{"cluster_id": "c", "client_id": "b", "discover_prefix": "a."}"#),
                #"2:66: stan.discover_prefix: must not have a '.' at its start, at its end, or beside another, not "a.""#
            ),
            Case(
                text(stan: #"{"cluster_id": "c", "client_id": "b", "monitoring_url": "127.0.0.1:8222"}"#),
                #"2:65: stan.monitoring_url: must start with "http://" or "https://""#
            ),
            Case(
                text(stan: #"{"cluster_id": "c", "client_id": "b", "monitoring_url": "http://u:p@127.0.0.1:8222"}"#),
                "2:65: stan.monitoring_url: must not have a user name or password before '@': the server's monitoring asks for none"
            ),
            Case(
                text(stan: #"{"cluster_id": "c", "client_id": "b", "monitoring_url": "http://n1:8222/streaming/channelsz"}"#),
                #"2:65: stan.monitoring_url: must end before "/streaming" (such as "http://127.0.0.1:8222")"#
            ),
            Case(
                text(stan: #"{"cluster_id": "c", "client_id": "b", "clusterId": "a."}"#),
                #"2:47: stan.clusterId: unknown key (did you mean "cluster_id"?)"#
            ),
            Case(
                text(stan: #"{"cluster_id": "c", "client_id": "b", "durable": "a."}"#),
                "2:47: stan.durable: unknown key (known here: cluster_id, client_id, connect_timeout, ping_interval, "
                    + "ping_max_out, max_pub_acks_inflight, discover_prefix, monitoring_url)"
            ),
        ]
    )
    func errors(_ wrong: Case) {
        let loaded = load(wrong.text, variables: ["EMPTY": ""], files: ["/empty": [10], "/binary": [0xFF]])
        #expect(loaded.lines == ["config.json:" + wrong.line])
        #expect(loaded.configuration == nil)
    }

    @Test("reports every error of the section at once")
    func several() {
        #expect(
            load(text(stan: "{}")).lines == [
                #"config.json:2:9: stan.cluster_id: is missing (the id the server was started with, such as "test-cluster")"#,
                "config.json:2:9: stan.client_id: is missing (a name of your own that no other client of the cluster has)",
            ]
        )
        #expect(
            load(text(stan: #"{"cluster_id": "a b", "client_id": "a.b"}"#)).lines == [
                #"config.json:2:24: stan.cluster_id: must not have white space, not "a b""#,
                #"config.json:2:44: stan.client_id: must have only letters, digits, '-' and '_', not "a.b""#,
            ]
        )
        #expect(
            load(text(stan: #"{"cluster_id": "a.>", "client_id": 1}"#)).lines == [
                "config.json:2:24: stan.cluster_id: must not have a wildcard, '*' or '>', not \"a.>\"",
                "config.json:2:44: stan.client_id: must be a string, not a number",
            ]
        )
    }
}
