import Delivery
import NIOCore
import StanCore

/// Publishes messages to another channel, in the session that the routes read in: for dead letters and for routing on.
///
/// A message counts as taken when the server has acked it. Its bytes are published as they came.
final class StanSink: Sink {
    let name: String

    /// The channel to publish to, with `{channel}` and `{route}` standing for those of the message.
    private let template: String
    private let eventLoop: any EventLoop
    private let state: NIOLoopBoundBox<State>

    /// On the event loop.
    private struct State {
        weak var supervisor: SessionSupervisor?
        var isClosed = false
        var channels: [ObjectIdentifier: (context: RouteContext, channel: String)] = [:]
    }

    /// Before a message is tried again that could not be published for want of a session.
    private static let pauseWithoutSession = TimeAmount.seconds(1)

    init(name: String, channel template: String, eventLoop: any EventLoop) {
        self.name = name
        self.template = template
        self.eventLoop = eventLoop
        self.state = NIOLoopBoundBox.makeBoxSendingValue(State(), eventLoop: eventLoop)
    }

    /// Where the session comes from; on the event loop.
    func attach(to supervisor: SessionSupervisor) {
        self.state.value.supervisor = supervisor
    }

    func open() throws(SinkError) {}

    func deliver(_ batch: DeliveryBatch) {
        if self.eventLoop.inEventLoop {
            self.publish(batch)
        } else {
            self.eventLoop.execute { self.publish(batch) }
        }
    }

    func close() async {
        try? await self.eventLoop.submit { self.state.value.isClosed = true }.get()
    }

    private func publish(_ batch: DeliveryBatch) {
        guard !self.state.value.isClosed else { return }
        let collector = ReportCollector(batch, eventLoop: self.eventLoop)
        guard let session = self.state.value.supervisor?.openSession else {
            let failure = DeliveryFailure.unavailable(
                reason: "there is no STAN session at the moment",
                after: Self.pauseWithoutSession
            )
            for delivery in batch.deliveries { collector.finished(delivery.envelope.sequence, failure) }
            return
        }
        let channel = self.channel(for: batch.context)
        for delivery in batch.deliveries {
            let sequence = delivery.envelope.sequence
            _ = session.publish(delivery.envelope.body, to: channel) { error in
                guard !self.state.value.isClosed else { return }
                collector.finished(sequence, error.map { Self.failure($0, channel: channel) })
            }
        }
    }

    private func channel(for context: RouteContext) -> String {
        if let known = self.state.value.channels[ObjectIdentifier(context)] { return known.channel }
        let channel = self.template.replacing("{channel}", with: context.channel).replacing("{route}", with: context.route)
        self.state.value.channels[ObjectIdentifier(context)] = (context, channel)
        return channel
    }

    private static func failure(_ error: StanError, channel: String) -> DeliveryFailure {
        let reason = "publishing to the channel \(channel): \(error)"
        switch error.code {
        case .tooLarge, .invalidArgument: return .rejected(reason: reason)
        case .nats, .connectionClosed, .connectionLost: return .unavailable(reason: reason, after: Self.pauseWithoutSession)
        // What a server says to a session that it does not know any more, without having looked at the message.
        case .refused where error.message == StanServerError.invalidPublishRequest:
            return .unavailable(reason: reason, after: Self.pauseWithoutSession)
        default: return .retry(reason: reason, after: nil)
        }
    }
}

/// Gathers the results of one batch until the event loop comes round. On the event loop.
private final class ReportCollector {
    private let batch: DeliveryBatch
    private let eventLoop: any EventLoop
    private var report: DeliveryReport
    private var isScheduled = false

    init(_ batch: DeliveryBatch, eventLoop: any EventLoop) {
        self.batch = batch
        self.eventLoop = eventLoop
        self.report = DeliveryReport(sink: batch.sink)
    }

    func finished(_ sequence: UInt64, _ failure: DeliveryFailure?) {
        if let failure {
            self.report.failed.append(DeliveryReport.Failed(sequence: sequence, failure: failure))
        } else {
            self.report.delivered.append(sequence)
        }
        guard !self.isScheduled else { return }
        self.isScheduled = true
        self.eventLoop.assumeIsolated().execute {
            self.isScheduled = false
            let report = self.report
            self.report = DeliveryReport(sink: self.batch.sink)
            self.batch.receiver.finished(report)
        }
    }
}
