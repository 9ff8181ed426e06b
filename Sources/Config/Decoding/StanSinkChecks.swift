/// Where messages that are published again come to: a channel there can be, and never one that brings them back for ever.
struct StanSinkChecks {
    let sinks: [Decoded<Configuration.Sink>]
    let routes: [Decoded<Configuration.Route>]

    /// Messages of one channel that a route publishes to another.
    private struct Passage {
        let target: String
        let route: Decoded<Configuration.Route>
    }

    func reportErrors() {
        var stans: [String: (sink: Decoded<Configuration.Sink>, channel: ChannelTemplate)] = [:]
        for sink in self.sinks {
            if case .stan(let stan) = sink.value.kind { stans[sink.value.name] = (sink, stan.channel) }
        }
        var passages: [String: [Passage]] = [:]
        for route in self.routes {
            for name in route.value.allSinks {
                guard let (sink, template) = stans[name] else { continue }
                let target = template.expanded(channel: route.value.channel, route: route.value.name)
                do throws(TextProblem) {
                    _ = try SubjectText.channel(target)
                } catch {
                    let route = Quoted(route.value.name)
                    sink.at("channel").error("is no channel when it is filled in for the route \(route): it \(error.message)")
                    continue
                }
                if target == route.value.channel {
                    self.reportReturn(to: route, by: name)
                } else if name != route.value.deadLetter, route.value.when == nil {
                    // With a condition, a circle can have an end.
                    passages[route.value.channel, default: []].append(Passage(target: target, route: route))
                }
            }
        }
        self.checkCircles(passages)
    }

    private func reportReturn(to route: Decoded<Configuration.Route>, by name: String) {
        let channel = Quoted(route.value.channel)
        if name == route.value.deadLetter {
            route.at("dead_letter").error(
                "the sink \(Quoted(name)) publishes to the channel \(channel), which this route reads: what it gives up would come "
                    + "back for ever (publish to another, such as \"dead.{channel}\")"
            )
        } else {
            route.at("to").error(
                "the sink \(Quoted(name)) publishes to the channel \(channel), which this route reads: every message would come "
                    + "back for ever"
            )
        }
    }

    /// Follows the channels from each to the next, and goes no way twice.
    private func checkCircles(_ passages: [String: [Passage]]) {
        var finished: Set<String> = []
        for start in self.routes.map(\.value.channel) where !finished.contains(start) {
            var way: [(channel: String, left: ArraySlice<Passage>)] = [(start, (passages[start] ?? [])[...])]
            var places = [start: 0]
            while let last = way.indices.last {
                guard let passage = way[last].left.popFirst() else {
                    finished.insert(way[last].channel)
                    places[way[last].channel] = nil
                    way.removeLast()
                    continue
                }
                if let place = places[passage.target] {
                    let channels = way[place...].map(\.channel).prefix(8) + [passage.target]
                    let circle = channels.map { Quoted($0).description }.joined(separator: " to ")
                    passage.route.at("to").error("messages would go round for ever: from \(circle)")
                } else if !finished.contains(passage.target) {
                    places[passage.target] = way.count
                    way.append((passage.target, (passages[passage.target] ?? [])[...]))
                }
            }
        }
    }
}
