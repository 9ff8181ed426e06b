import NIOCore
import Synchronization

/// Brings acks to the event loop: one wake-up for all that gather until it comes round.
final class Acknowledger: Sendable {
    let channel: String
    private let eventLoop: any EventLoop
    private let source: NIOLoopBoundBox<StanChannelSubscription?>
    private let waiting = Mutex<[UInt64]>([])

    init(channel: String, eventLoop: any EventLoop) {
        self.channel = channel
        self.eventLoop = eventLoop
        self.source = NIOLoopBoundBox(nil, eventLoop: eventLoop)
    }

    /// From now on acks go there; on the event loop.
    func attach(to source: StanChannelSubscription?) {
        self.source.value = source
    }

    func acknowledge(_ sequence: UInt64) {
        let isFirst = self.waiting.withLock { waiting in
            waiting.append(sequence)
            return waiting.count == 1
        }
        if isFirst { self.eventLoop.execute { self.sendWaiting() } }
    }

    func acknowledge(_ sequences: some Sequence<UInt64>) {
        let isFirst = self.waiting.withLock { waiting in
            let wasEmpty = waiting.isEmpty
            waiting.append(contentsOf: sequences)
            return wasEmpty && !waiting.isEmpty
        }
        if isFirst { self.eventLoop.execute { self.sendWaiting() } }
    }

    /// Sends what has gathered; on the event loop. Also before a subscription ends, so that its last acks are not left behind.
    func sendWaiting() {
        let sequences = self.waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        guard let source = self.source.value else { return }
        for sequence in sequences { _ = source.acknowledge(sequence) }
    }
}
