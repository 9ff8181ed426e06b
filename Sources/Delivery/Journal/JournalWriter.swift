import NIOCore
import NIOPosix
import Synchronization

/// The one thread that writes all delivery journals, since it has to wait for the disk, and nobody else should.
package final class JournalWriter: Sendable {
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let isClosed = Mutex(false)
    let pulse = Pulse()

    package init() {
        self.pulse.start()
    }

    /// An event loop for its timers; nothing but journals is on it.
    var loop: any EventLoop { self.group.any() }

    /// The thread.
    package var probe: ThreadProbe {
        ThreadProbe(name: "journal writer", pulse: self.pulse) {
            // An event loop that has ended must not be given anything.
            self.isClosed.withLock { isClosed in
                if !isClosed { self.loop.execute { self.pulse.beat() } }
            }
        }
    }

    /// Stops the thread. To be called when all journals are closed.
    package func close() async {
        self.isClosed.withLock { $0 = true }
        self.pulse.stop()
        // The one error there is says that it was shut down before.
        try? await self.group.shutdownGracefully()
    }
}
