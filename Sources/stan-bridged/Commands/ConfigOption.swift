import ArgumentParser
import Config
import Logging

/// `--config FILE`, and reading it.
struct ConfigOption: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp("The configuration file.", valueName: "file"),
        completion: .file(extensions: ["json"])
    )
    var config = "/etc/stan-bridged/config.json"

    /// Reads and checks the file. All of its errors are printed, and end the command with status 78.
    ///
    /// - Parameter printWarnings: whether to print warnings too.
    func load(printWarnings: Bool) throws -> Configuration {
        try Self.load(self.config, printWarnings: printWarnings)
    }

    /// The same, for a daemon: warnings are for `check`, and in its log they would be noise, but for alarms, which are to be logged.
    func loadForRunning() throws -> (Configuration, alarms: [Diagnostic]) {
        let (configuration, loaded) = try Self.loadAll(self.config, printWarnings: false)
        return (configuration, loaded.alarms)
    }

    static func load(_ path: String, printWarnings: Bool) throws -> Configuration {
        try Self.loadAll(path, printWarnings: printWarnings).0
    }

    private static func loadAll(_ path: String, printWarnings: Bool) throws -> (Configuration, LoadedConfiguration) {
        let loaded = ConfigFile.load(path: path)
        for diagnostic in loaded.diagnostics where diagnostic.severity == .error || printWarnings {
            complain(diagnostic.description, level: diagnostic.severity == .error ? .error : .warning)
        }
        guard let configuration = loaded.configuration else { throw Exit.configuration }
        return (configuration, loaded)
    }
}
