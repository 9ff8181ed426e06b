import ArgumentParser
import Glibc

/// The program: a command line and its commands.
@main
struct StanBridged: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stan-bridged",
        abstract: "Forwards NATS Streaming (STAN) channels to HTTP endpoints and files; acks only what was delivered.",
        version: "stan-bridged \(Version.current)",
        subcommands: [
            Run.self, Check.self, Status.self, Publish.self, Subscribe.self, DeadLetters.self, DevelopmentServer.self, Demo.self,
        ],
        defaultSubcommand: Run.self
    )

    static func main() async {
        // A peer that goes away is an error to be handled where it was written to, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        await self.main(nil)
    }
}
