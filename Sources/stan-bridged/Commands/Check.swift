import ArgumentParser
import Config

/// `stan-bridged check`: is the configuration good, and what would it run?
struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check a configuration and print what it would run.",
        discussion: """
            Prints all errors with file, line, column and key, and ends with status 78 if there are any. With --connect, what \
            cannot be reached is said, and the status is 69.
            """
    )

    @OptionGroup var file: ConfigOption

    @Flag(help: "Connect to the servers and to each endpoint (name, TCP, TLS), and send nothing to it.")
    var connect = false

    @Flag(
        help: ArgumentHelp(
            "Also post a test message to each endpoint.",
            discussion: "It has the sequence 0, the header Stan-Test: true and the body {\"test\":true}."
        )
    )
    var sendTest = false

    func validate() throws {
        guard self.connect || !self.sendTest else { throw ValidationError("--send-test goes with --connect") }
    }

    func run() async throws {
        let configuration = try self.file.load(printWarnings: true)
        print(CheckReport(configuration).text, terminator: "")
        guard self.connect else { return }
        print()
        let isGood = await ConnectionCheck(configuration: configuration, sendsTest: self.sendTest).run { print($0.line) }
        guard isGood else { throw Exit.unavailable }
    }
}
