import TestSupport

/// The text of a daemon's configuration, as far as the tests vary it.
struct BridgeConfig {
    var servers: [String]
    var cluster: String
    var client: String
    /// Further members of `nats`, each with a comma before it.
    var nats = ""
    /// Further members of `stan`, each with a comma before it.
    var stan = ""
    /// Members of `sinks`.
    var sinks: [String] = []
    /// Members of `routes`.
    var routes: [String] = []
    var shutdownTimeout = "20s"
    /// Where journals lie, relative to the file.
    var stateDirectory: String?
    var admin = #"{ "listen": "127.0.0.1:0" }"#

    init(_ server: StanTestServer, client: String, url: String? = nil) {
        self.servers = [url ?? server.url]
        self.cluster = server.clusterID
        self.client = client
    }

    /// For a daemon that is to find no server: nobody listens at port 1.
    init(client: String) {
        self.servers = ["nats://127.0.0.1:1"]
        self.cluster = "test-cluster"
        self.client = client
    }

    mutating func addHTTP(_ name: String = "hook", _ url: String, _ more: String = "") {
        self.sinks.append(#""\#(name)": { "type": "http", "url": "\#(url)"\#(more) }"#)
    }

    mutating func addFile(_ name: String = "file", path: String = "{channel}.ndjson", _ more: String = "") {
        self.sinks.append(#""\#(name)": { "type": "file", "path": "\#(path)"\#(more) }"#)
    }

    mutating func addStan(_ name: String, channel: String) {
        self.sinks.append(#""\#(name)": { "type": "stan", "channel": "\#(channel)" }"#)
    }

    mutating func addRoute(_ name: String = "route", channel: String, to sinks: [String], _ more: String = "") {
        let list = sinks.map { "\"\($0)\"" }.joined(separator: ", ")
        self.routes.append(
            #"{ "name": "\#(name)", "channel": "\#(channel)", "start_at": "first", "to": [\#(list)]\#(more) }"#
        )
    }

    var text: String {
        """
        {
          "nats": { "servers": [\(self.servers.map { "\"\($0)\"" }.joined(separator: ", "))], "reconnect_wait": "100ms"\(self.nats) },
          "stan": { "cluster_id": "\(self.cluster)", "client_id": "\(self.client)"\(self.stan) },
          "sinks": { \(self.sinks.joined(separator: ",\n    ")) },
          "routes": [ \(self.routes.joined(separator: ",\n    ")) ],
          "admin": \(self.admin),
          "shutdown_timeout": "\(self.shutdownTimeout)"\(self.stateDirectory.map { ", \"state_dir\": \"\($0)\"" } ?? "")
        }
        """
    }
}
