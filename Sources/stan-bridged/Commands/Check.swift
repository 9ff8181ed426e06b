import ArgumentParser
import Config

/// `stan-bridged check`: is the configuration good, and what would it run?
struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check a configuration and print what it would run.",
        discussion: "Prints all errors with file, line, column and key, and ends with status 78 if there are any."
    )

    @OptionGroup var file: ConfigOption

    func run() async throws {
        let configuration = try self.file.load(printWarnings: true)
        print(CheckReport(configuration).text, terminator: "")
    }
}
