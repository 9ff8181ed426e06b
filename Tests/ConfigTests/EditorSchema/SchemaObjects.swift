import Foundation
import Testing

@testable import Config

/// The objects that a configuration consists of: as it reads them, and as the schema describes them.
enum SchemaObjects {
    /// The objects of a configuration that have keys of our own, and the keys that each can have.
    static func configured(in tree: JSONTree) throws -> [(place: JSONTree.Place, keys: Set<String>)] {
        // So long that nothing can have been meant by it.
        let stranger = String(repeating: "z", count: 200)
        return try tree.places.compactMap { place in
            guard case .object(let members) = tree[place[...]] else { return nil }
            var changed = tree
            changed[place[...]] = .object(members + [JSONTree.Member(key: stranger, value: .leaf("0"))])
            let messages = SchemaCorpus.load(changed.text).errors.map(\.message)
            // Nil where names are the user's own.
            guard let message = messages.first(where: { $0.hasPrefix("unknown key ") }) else { return nil }
            let known = try #require(message.firstRange(of: "(known here: ")).upperBound
            return (place, Set(message[known...].dropLast().components(separatedBy: ", ")))
        }
    }

    /// All objects of the schema that take no other keys than theirs.
    static func described() throws -> [JSONTree] {
        let schema = try JSONTree(String(contentsOfFile: SchemaCorpus.schema, encoding: .utf8))
        return schema.places.map { schema[$0[...]] }.filter { $0["additionalProperties"] == .leaf("false") }
    }

    static func keys(of object: JSONTree) -> Set<String> {
        Set((object["properties"]?.members ?? []).map(\.key))
    }

    /// Every kind of object, with as few keys as it can have.
    static let sparse = """
        {
          "nats": { "tls": {} },
          "stan": { "cluster_id": "c", "client_id": "b" },
          "sinks": {
            "plain": { "type": "http", "url": "http://h", "batch": {}, "circuit_breaker": {}, "rate_limit": { "per_second": 1 } },
            "secure": { "type": "http", "url": "https://h", "tls": {}, "format": "cloudevents" },
            "other": { "type": "http", "url": "https://h" },
            "file": { "type": "file", "path": "a", "rotate": { "size": "1MiB" } },
            "screen": { "type": "stdout" }
          },
          "routes": [
            { "name": "r", "channel": "a", "to": ["plain"], "retry": {} },
            { "name": "s", "channel": "b", "to": ["file"], "start_at": { "sequence": 1 } }
          ],
          "log": {}
        }
        """

    /// Configurations with each number at its limits, as the schema has them, and beyond.
    static func limits() throws -> [String] {
        let tree = try JSONTree(Self.sparse)
        let objects = try Self.configured(in: tree)
        var texts: [String] = []
        for object in try Self.described() {
            for member in object["properties"]?.members ?? [] {
                let limits = ["minimum": -1, "maximum": 1].compactMap { key, step in member.value[key].map { ($0.text, step) } }
                for (limit, step) in limits {
                    // All but one are whole numbers; beyond the largest there is one digit more.
                    let beyond = Int(limit).map { "\($0 + step)" } ?? (step > 0 ? limit + "0" : "0")
                    for value in [limit, beyond] {
                        for (place, keys) in objects where keys == Self.keys(of: object) {
                            var changed = tree
                            let others = tree[place[...]].members.filter { $0.key != member.key }
                            changed[place[...]] = .object(others + [JSONTree.Member(key: member.key, value: .leaf(value))])
                            texts.append(changed.text)
                        }
                    }
                }
            }
        }
        return texts
    }
}
