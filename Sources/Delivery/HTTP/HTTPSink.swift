package import Logging

/// Sends each message as the body of a request of its own, and takes the answer's status for the verdict.
///
/// What waits is a queue of messages; at most `concurrency` of them are requests. Results are reported once for each round of the
/// engine and each route, on the engine's thread.
package final class HTTPSink: Sink {
    package let name: String
    private let configuration: Configuration
    private let engine: CurlEngine
    private let lane: CurlEngine.LaneID
    private let state = SinkConditionBox()
    private let logger: Logger

    /// - Parameters:
    ///   - engine: shared by all sinks; has to outlive this one.
    ///   - logger: gets a line when the circuit breaker opens or closes.
    package init(
        name: String,
        configuration: Configuration,
        engine: CurlEngine,
        logger: Logger = Logger(label: "http", factory: { _ in SwiftLogNoOpLogHandler() })
    ) {
        self.name = name
        self.logger = logger
        self.configuration = configuration
        self.engine = engine
        self.lane = engine.makeLaneID()
    }

    /// Checks the configuration; nothing is sent or resolved before the first message.
    package func open() throws(SinkError) {
        let endpoint: HTTPEndpoint
        do throws(SinkError) {
            endpoint = try HTTPEndpoint(self.configuration, location: CurlURL.location(of: self.configuration.url))
            try endpoint.checkFiles()
            if let problem = CurlOptions.problem(with: self.configuration.connection.version) {
                guard !problem.isFatal else { throw SinkError(problem.text) }
                self.logger.warning("\(problem.text)")
            }
        } catch {
            throw SinkError("http sink \"\(self.name)\": \(error.description)")
        }
        self.engine.send(.open(self.lane, endpoint, self.state, self.logger))
    }

    package func deliver(_ batch: DeliveryBatch) {
        self.engine.send(.deliver(self.lane, batch))
    }

    package var condition: SinkCondition { self.state.value }

    package func drain() {
        self.engine.send(.drain(self.lane))
    }

    package func recall(for receiver: any DeliveryReceiver) {
        self.engine.send(.recall(self.lane, receiver))
    }

    package func close() async {
        await self.engine.closeLane(self.lane)
    }
}
