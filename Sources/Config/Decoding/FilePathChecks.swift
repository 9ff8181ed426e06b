/// That no file has two sinks, and none the messages of two channels that were to be kept apart.
///
/// Two writers of one file would each cut off what the other wrote. Paths are compared as written, and for each route as filled in;
/// with a time in them, as they can be at any time.
struct FilePathChecks {
    let sinks: [Decoded<Configuration.Sink>]
    let routes: [Decoded<Configuration.Route>]
    let clientID: String

    private struct Writer: Hashable {
        let path: PossiblePath
        let sink: String
    }

    /// The paths of one shape, among which those that can be the same at some time have to be looked for one by one.
    private struct Neighbours {
        var timed: [Writer] = []
        var fixed: [Writer] = []
    }

    /// How many pairs are looked at: enough for every real file. What is not found here is found by the lock on the file.
    private static let maximumComparisons = 1_000_000

    func reportErrors() {
        var sinks: [String: (sink: Decoded<Configuration.Sink>, path: PathTemplate)] = [:]
        var search = Search(hasTime: false)
        for sink in self.sinks {
            guard case .file(let file) = sink.value.kind else { continue }
            sinks[sink.value.name] = (sink, file.path)
            search.hasTime = search.hasTime || file.path.hasTime
        }
        for sink in self.sinks {
            guard let path = sinks[sink.value.name]?.path else { continue }
            search.add(PossiblePath(path) { "{\($0.rawValue)}" }, hasTime: path.hasTime, of: sink)
        }
        var channels: [Writer: String] = [:]
        var mixed: Set<String> = []
        for route in self.routes {
            for name in route.value.allSinks {
                guard let (sink, template) = sinks[name] else { continue }
                let path = PossiblePath(template) { place in
                    switch place {
                    case .channel: route.value.channel
                    case .route: route.value.name
                    case .clientID: self.clientID
                    }
                }
                search.add(path, hasTime: template.hasTime, of: sink)
                guard template.pieces.contains(.placeholder(.channel)) else { continue }
                let channel = route.value.channel
                let other = channels.updateValue(channel, forKey: Writer(path: path, sink: name))
                if let other, other != channel, mixed.insert(name).inserted {
                    sink.at("path").error(
                        "is the same file for the channels \(Quoted(other)) and \(Quoted(channel)) (put a '/' between the places)"
                    )
                }
            }
        }
    }

    /// Paths that were looked at, and what was said of them.
    private struct Search {
        /// Whether any path has a time in it; else it is enough to look for the same one.
        var hasTime: Bool
        private var writers: [PossiblePath: String] = [:]
        private var neighbours: [[UInt8]: Neighbours] = [:]
        private var comparisons = 0
        private var clashes: Set<[String]> = []

        init(hasTime: Bool) {
            self.hasTime = hasTime
        }

        mutating func add(_ path: PossiblePath, hasTime: Bool, of sink: Decoded<Configuration.Sink>) {
            let writer = Writer(path: path, sink: sink.value.name)
            if let other = self.writers.updateValue(writer.sink, forKey: path) {
                if other != writer.sink { self.report(other, sink, hasTime: hasTime) }
                return
            }
            guard self.hasTime else { return }
            let shape = path.shape
            let near = self.neighbours[shape, default: Neighbours()]
            self.compare(writer, with: near.timed, sink)
            if hasTime {
                self.compare(writer, with: near.fixed, sink)
                self.neighbours[shape, default: Neighbours()].timed.append(writer)
            } else {
                self.neighbours[shape, default: Neighbours()].fixed.append(writer)
            }
        }

        private mutating func compare(_ writer: Writer, with others: [Writer], _ sink: Decoded<Configuration.Sink>) {
            for other in others where other.sink != writer.sink {
                self.comparisons += 1
                guard self.comparisons <= FilePathChecks.maximumComparisons else { return }
                guard writer.path.canBe(other.path) else { continue }
                self.report(other.sink, sink, hasTime: true)
            }
        }

        private mutating func report(_ other: String, _ sink: Decoded<Configuration.Sink>, hasTime: Bool) {
            guard self.clashes.insert([other, sink.value.name].sorted()).inserted else { return }
            let verb = hasTime ? "can be" : "is"
            sink.at("path").error(
                "\(verb) the file of the sink \(Quoted(other)) too (a file has one sink; let both routes use it)"
            )
        }
    }
}
