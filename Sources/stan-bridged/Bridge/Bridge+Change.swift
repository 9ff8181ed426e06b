import Delivery
import Logging
import NIOCore
import StanCore
import Synchronization

/// Another configuration, while the bridge runs.
extension Bridge {
    struct Change: Sendable {
        enum Extent: Sendable {
            /// Only what the other members name.
            case parts
            /// Everything begins anew, with sinks that were made for it: the session would be another.
            case all
        }

        var extent: Extent

        /// As it will be. Sinks that stay as they are are the same objects as before.
        var settings: Settings

        /// The names of routes that go on in their subscriptions: with other sinks, or another way of trying.
        var resumed: Set<String> = []

        /// The names of routes that have to subscribe anew.
        var restarted: Set<String> = []

        /// Makes what there was before, once more, should all begin anew and not be able to.
        var fallback: @Sendable () throws -> Settings
    }

    /// Makes the change. In line with others: see ``change(_:)``.
    ///
    /// - Returns: why it cannot be made, and nothing has changed; nil when it has been made.
    func make(_ change: Change) async -> SinkError? {
        switch change.extent {
        case .all: await self.beginAnew(change)
        case .parts: await self.changeParts(change)
        }
    }

    // MARK: All

    private func beginAnew(_ change: Change) async -> SinkError? {
        await self.stop(because: "beginning anew, since the settings of the session have changed")
        self.state.withLock { $0.settings = change.settings }
        do {
            try await self.open()
            return nil
        } catch {
            let problem = SinkError("\(error)")
            do {
                let old = try change.fallback()
                self.state.withLock { $0.settings = old }
                try await self.open()
            } catch {
                self.logger.critical(
                    "neither the new configuration nor the old one can be started; nothing is delivered. Mend it and reload",
                    metadata: [LogKey.error: "\(error)"]
                )
            }
            return problem
        }
    }

    // MARK: Parts

    private func changeParts(_ change: Change) async -> SinkError? {
        let old = self.settings
        let new = change.settings
        let gone = old.sinks.filter { sink in !new.sinks.contains { $0 === sink } }
        let added = new.sinks.filter { sink in !old.sinks.contains { $0 === sink } }
        // A file is locked by whoever writes to it. Where some are given up, new sinks may be for the same files.
        let later = gone.contains { $0 is FileSink } ? added.filter { $0 is FileSink } : []
        let sooner = added.filter { sink in !later.contains { $0 === sink } }
        if let problem = await self.open(sooner) {
            if new.engine !== old.engine { await new.engine?.shutdown() }
            return problem
        }

        let ended = old.routes.filter { route in
            change.restarted.contains(route.name) || !new.routes.contains { $0.name == route.name }
        }
        await self.quiesce(resumed: change.resumed, ended: Set(ended.map(\.name)), within: new.shutdownTimeout)
        await self.end(ended)
        for sink in gone { await sink.close() }
        await self.waitForResumed(change.resumed, gone: gone)
        for sink in later { self.openInAnyCase(sink) }

        self.state.withLock { $0.settings = new }
        if new.engine !== old.engine { await old.engine?.shutdown() }
        let journals = await self.openJournals(change, old)
        let replaced = Set(added.map(\.name)).intersection(gone.map(\.name))
        try? await self.eventLoop.submit { self.goOn(change, from: old, journals, replaced: replaced, gone: gone) }.get()
        return nil
    }

    /// Opens all of them, or none.
    ///
    /// - Returns: why one cannot be used.
    func open(_ sinks: [any Sink]) async -> SinkError? {
        for (index, sink) in sinks.enumerated() {
            do throws(SinkError) {
                try sink.open()
            } catch {
                for opened in sinks[..<index] { await opened.close() }
                return SinkError("sink \(sink.name): \(error)")
            }
        }
        return nil
    }

    /// Too late to go back: what writes to the old file is closed.
    private func openInAnyCase(_ sink: any Sink) {
        do throws(SinkError) {
            try sink.open()
        } catch {
            self.logger.error(
                "the file cannot be used; what is for it is kept and tried again, and nothing else waits for it",
                metadata: [LogKey.sink: "\(sink.name)", LogKey.error: "\(error)"]
            )
            (sink as? FileSink)?.start()
        }
    }

    /// Routes that are to change hand over nothing more, and get back what sinks have not begun; then it is waited for what they have.
    private func quiesce(resumed: Set<String>, ended: Set<String>, within limit: TimeAmount) async {
        let deadline = NIODeadline.now() + limit
        let done = self.eventLoop.makePromise(of: Void.self)
        self.eventLoop.execute {
            for route in self.core.value?.routes ?? [] {
                if resumed.contains(route.settings.name) { route.pause() }
                guard ended.contains(route.settings.name) else { continue }
                route.beginDraining()
                route.recall()
            }
            self.complete(done) {
                let busy = (self.core.value?.routes ?? []).reduce(0) { count, route in
                    let isEnded = ended.contains(route.settings.name)
                    guard isEnded || resumed.contains(route.settings.name) else { return count }
                    return count + route.inDelivery + (isEnded ? route.unrecordedAcks : 0)
                }
                return busy == 0 || self.isStopping || NIODeadline.now() >= deadline
            }
        }
        try? await done.futureResult.get()
    }

    /// What sinks that stay have in hand is waited for, however long: it would be delivered beside itself otherwise.
    private func waitForResumed(_ resumed: Set<String>, gone: [any Sink]) async {
        let done = self.eventLoop.makePromise(of: Void.self)
        self.eventLoop.execute {
            self.complete(done) {
                self.isStopping
                    || (self.core.value?.routes ?? []).allSatisfy { route in
                        !resumed.contains(route.settings.name) || route.inDelivery(besides: gone) == 0
                    }
            }
        }
        try? await done.futureResult.get()
    }

    /// A look every few milliseconds, only while the configuration changes, and for every reason for which a delivery may end.
    private func complete(_ promise: EventLoopPromise<Void>, when isDone: @escaping () -> Bool) {
        guard !isDone() else { return promise.succeed() }
        self.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(5)) { self.complete(promise, when: isDone) }
    }

    private func end(_ routes: [Settings.Route]) async {
        let names = Set(routes.map(\.name))
        guard !names.isEmpty else { return }
        let ended = try? await self.eventLoop.submit {
            guard let core = self.core.value else { return [EventLoopFuture<Void>]() }
            let gone = core.routes.filter { names.contains($0.settings.name) }
            core.routes.removeAll { names.contains($0.settings.name) }
            return gone.map { core.supervisor.remove($0) }
        }.get()
        for future in ended ?? [] { try? await future.get() }
        for route in routes { await self.closeJournal(of: route.name) }
    }

    /// The journals of routes that begin, and of those whose sinks have other numbers now.
    private func openJournals(_ change: Change, _ old: Settings) async -> [String: Journal] {
        var journals: [String: Journal] = [:]
        for route in change.settings.routes {
            let before = old.routes.first { $0.name == route.name }
            let isNew = before == nil || change.restarted.contains(route.name)
            if !isNew, let before {
                guard change.resumed.contains(route.name), old.identity(of: before) != change.settings.identity(of: route) else {
                    continue
                }
                await self.closeJournal(of: route.name)
            }
            do throws(SinkError) {
                journals[route.name] = try self.openJournal(of: route)
            } catch {
                self.logger.error(
                    "the delivery journal cannot be used; deliveries go on without it, and a crash may repeat some",
                    metadata: [LogKey.route: "\(route.name)", LogKey.error: "\(error)"]
                )
            }
        }
        return journals
    }

    private func goOn(
        _ change: Change,
        from old: Settings,
        _ journals: [String: Journal],
        replaced: Set<String>,
        gone: [any Sink]
    ) {
        guard let core = self.core.value else { return }
        let new = change.settings
        for case let sink as StanSink in new.sinks { sink.attach(to: core.supervisor) }
        let runners = Dictionary(core.routes.map { ($0.settings.name, $0) }, uniquingKeysWith: { first, _ in first })
        core.routes = new.routes.map { route in
            guard let runner = runners[route.name] else {
                let runner = self.runner(of: route, in: new, journals[route.name])
                core.supervisor.add(runner)
                return runner
            }
            // When the bridge is stopping, some may still be busy: they finish as they are.
            if change.resumed.contains(route.name), runner.inDelivery(besides: gone) == 0,
                let before = old.routes.first(where: { $0.name == route.name })
            {
                let identities = (old: old.identity(of: before), new: new.identity(of: route))
                runner.resume(
                    with: new.route(route),
                    context: new.context(of: route),
                    journal: self.state.withLock { $0.journals[route.name] },
                    identities: identities,
                    replaced: replaced
                )
            }
            return runner
        }
    }
}
