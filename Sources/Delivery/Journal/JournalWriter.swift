import NIOCore
import NIOPosix

/// The one thread that writes all delivery journals, since it has to wait for the disk, and nobody else should.
package final class JournalWriter: Sendable {
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    package init() {}

    /// An event loop for its timers; nothing but journals is on it.
    var loop: any EventLoop { self.group.any() }

    /// Stops the thread. To be called when all journals are closed.
    package func close() async {
        // The one error there is says that it was shut down before.
        try? await self.group.shutdownGracefully()
    }
}
