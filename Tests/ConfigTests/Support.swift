import Testing

@testable import Config

/// Loads a config text as the file `config.json` in the folder `/conf`.
func load(
    _ text: String,
    variables: [String: String] = [:],
    files: [String: [UInt8]] = completeFiles,
    directory: String = "/conf",
    openFiles: Set<String> = [],
    hostName: String? = nil
) -> LoadedConfiguration {
    load(
        Array(text.utf8),
        variables: variables,
        files: files,
        directory: directory,
        openFiles: openFiles,
        hostName: hostName
    )
}

func load(
    _ bytes: [UInt8],
    variables: [String: String] = [:],
    files: [String: [UInt8]] = completeFiles,
    directory: String = "/conf",
    openFiles: Set<String> = [],
    hostName: String? = nil
) -> LoadedConfiguration {
    let surroundings = Surroundings(
        directory: directory,
        variable: { variables[$0] },
        readFile: { path, limit in
            guard let bytes = files[path] else { return .failure(FileProblem("No such file or directory")) }
            return bytes.count > limit ? .failure(FileProblem("it is too large")) : .success(bytes)
        },
        isOpenToAll: { openFiles.contains($0) },
        hostName: hostName
    )
    return Configuration.load(bytes, file: "config.json", surroundings: surroundings)
}

/// A config text with each section on a line of its own, so that a test knows where an error has to be:
/// `stan` in line 2, `sinks` in line 3, `routes` in line 4, the rest in line 5.
func text(
    stan: String = #"{"cluster_id": "c", "client_id": "b"}"#,
    sinks: String = #"{"s": {"type": "stdout"}}"#,
    routes: String = #"[{"name": "r", "channel": "a.b", "durable_name": "d", "to": ["s"]}]"#,
    rest: String = #""$schema": "x""#
) -> String {
    """
    {
    "stan": \(stan),
    "sinks": \(sinks),
    "routes": \(routes),
    \(rest)
    }
    """
}

/// The one sink `s` with these members, on line 3.
func text(sink: String) -> String {
    text(sinks: "{\"s\": {\(sink)}}")
}

/// The one route, with these members beside its name, on line 4.
func text(route: String) -> String {
    text(routes: "[{\"name\": \"r\", \(route)}]")
}

extension LoadedConfiguration {
    /// The printed lines.
    var lines: [String] { self.diagnostics.map(\.description) }
}

/// A text and the only line that it should lead to.
struct Case: Sendable, CustomTestStringConvertible {
    let text: String
    let line: String

    init(_ text: String, _ line: String) {
        self.text = text
        self.line = line
    }

    var testDescription: String { self.line }
}

/// The one route, good but for this setting, on line 4.
func text(routeSetting setting: String) -> String {
    text(route: "\"channel\": \"a\", \"durable_name\": \"d\", \"to\": [\"s\"], \(setting)")
}
