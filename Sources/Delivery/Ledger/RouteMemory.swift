/// What a route must know of its messages after a crash, beyond what the server will tell it again.
///
/// The ledger reports each change of it in a ``JournalBatch``; the journal keeps them, and gives the memory back at the next start.
/// Sinks are numbered as in the ledger: up to ``RouteLedger/maximumSinks`` of the route's own, and for each of them, that much
/// higher, the dead-letter sink on its behalf.
package struct RouteMemory: Sendable, Equatable {
    /// A message that came, was tried, and is not everywhere yet.
    package struct OpenMessage: Sendable, Equatable {
        /// The sinks that have it, or for which the dead-letter sink has it, a bit each.
        package var taken: UInt64 = 0

        /// The sinks that failed to take it and have not taken it since.
        package var failures: [Int: Failure] = [:]

        package init() {}
    }

    /// How a sink stands with a message that it failed to take.
    package struct Failure: Sendable, Equatable {
        /// How often it was tried.
        package var attempts: UInt32

        /// When it was tried first: nanoseconds since the Unix epoch.
        package var firstAttemptAt: Int64

        /// Why it is tried no more and goes to the dead-letter sink instead; nil while it is tried.
        package var givenUp: String?

        package init(attempts: UInt32, firstAttemptAt: Int64, givenUp: String? = nil) {
            self.attempts = attempts
            self.firstAttemptAt = firstAttemptAt
            self.givenUp = givenUp
        }
    }

    /// The highest sequence in the memory or above, and when the server stored that message: nanoseconds since the Unix epoch.
    /// A message with a lower sequence and a later time is of another channel, and the memory is not about it.
    package struct Newest: Sendable, Equatable {
        package var sequence: UInt64
        package var timestamp: Int64

        package init(sequence: UInt64, timestamp: Int64) {
            self.sequence = sequence
            self.timestamp = timestamp
        }
    }

    /// nil while no message has come.
    package var newest: Newest?

    /// What is done with: the server may not have got the ack.
    package var settled = SequenceSet()

    package var open: [UInt64: OpenMessage] = [:]

    package init() {}

    package mutating func apply(_ batch: JournalBatch) {
        if let newest = batch.newest { self.newest = newest }
        for event in batch.events {
            switch event {
            case .taken(let sequence, let sink):
                var message = self.open[sequence] ?? OpenMessage()
                message.failures[sink] = nil
                // What the dead-letter sink takes, the sink it stands for need not take any more.
                let owner = sink % RouteLedger.maximumSinks
                message.failures[owner] = nil
                message.taken |= 1 << UInt64(owner)
                self.open[sequence] = message
            case .failed(let sequence, let sink, let failure):
                self.open[sequence, default: OpenMessage()].failures[sink] = failure
            }
        }
        for sequence in batch.settled {
            self.open[sequence] = nil
            self.settled.insert(sequence)
        }
    }
}

/// Changes of a ``RouteMemory`` that belong together. The events come first, then what is settled.
package struct JournalBatch: Sendable, Equatable {
    package enum Event: Sendable, Equatable {
        /// One of several sinks has taken the message.
        case taken(UInt64, sink: Int)
        /// A sink has failed to take it, or has been given up.
        case failed(UInt64, sink: Int, RouteMemory.Failure)
    }

    /// Set when it has changed.
    package var newest: RouteMemory.Newest?

    package var events: [Event] = []

    /// In the order in which they were settled; nearly ascending as a rule.
    package var settled: [UInt64] = []

    package init() {}

    package var isEmpty: Bool { self.newest == nil && self.events.isEmpty && self.settled.isEmpty }
}
