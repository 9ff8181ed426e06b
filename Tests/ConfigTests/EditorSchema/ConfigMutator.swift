import TestSupport

/// Changes configurations as people do by mistake, and as nobody does. The same changes for the same seed.
struct ConfigMutator {
    private var random: SeededGenerator

    /// Values of any kind.
    private static let leaves = [
        "null", "true", "false", "0", "-1", "1", "1.5", "2e3", "404", "600", "99999999999", "1e999", "\"\"", "\" \"", "{}", "[]",
        "[[]]",
        "\"\\n\"", "\"x\"",
    ]

    /// Texts that are right somewhere, or nearly.
    private static let texts = [
        "0s", "00s", "5", "5 s", "5S", "1.5s", "1.s", ".5s", "1h30m", "30m1h", "1h1h", "1ms1us1ns", "1d", "s", "5µs", "0B",
        "1KiB", "1kb",
        "1.5KiB", "64 MiB", "01MiB", "a.b", "a..b", ".a", "a.", "a b", "a*", ">", "a/b", ".", "..", "a:b", "é", "a\u{a0}b", "a\n",
        "\t",
        "{channel}", "{route}", "{client_id}", "{nope}", "{", "}", "%Y", "%", "%%", "%q", "http", "none", "raw", "json", "always",
        "ordered", "first", "FIRST", "http://h", "HTTP://h:1/a?b", "https://h", "http://[::1]/", "http://h:99999", "http:/h",
        "http://h h", "http://-", "http://.h", "http://h./", "http://300.1.1.1", "http://1.2.3.4", "nats://h", "tls://a:b@h:1/",
        "nats://a@b@h", "nats://h/x", "socks5://u@h", "127.0.0.1:1", "127.1:1", "0.0.0.0:1", "localhost:0", "h:1", ":1", "[::]:1",
        "[::1]:x", "0640", "640", "888", "0o640", "/a", "/a~1", "/~", "3xx", "2xx", "404", "whsec_", "whsec_AAAA",
        "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX", "2026-01-31T08:00:00Z", "2026-13-01T00:00:00Z", "2026-01-31",
        "2262-01-01T00:00:00Z",
    ]

    /// What is put into texts: what some of them must not have, and what others need.
    private static let characters = Array("abSs019.:/@%{}*> -_~+=é\n\u{7f}\u{2003}#?[]\"\\")

    init(seed: UInt64) {
        self.random = SeededGenerator(seed: seed)
    }

    /// One to three changes.
    mutating func mutated(_ tree: JSONTree) -> JSONTree {
        var tree = tree
        for _ in 0..<[1, 1, 1, 2, 3].randomElement(using: &self.random)! {
            let places = tree.places
            let place = places.randomElement(using: &self.random)!
            let other = places.randomElement(using: &self.random)!
            tree[place[...]] = self.changed(tree[place[...]], other: tree[other[...]])
        }
        return tree
    }

    private mutating func changed(_ value: JSONTree, other: JSONTree) -> JSONTree {
        switch Int.random(in: 0..<8, using: &self.random) {
        case 0: return .leaf(Self.leaves.randomElement(using: &self.random)!)
        case 1: return other
        default: break
        }
        switch value {
        case .object(let members): return .object(self.changed(members, other: other))
        case .list(let elements): return .list(self.changed(elements, other: other))
        case .leaf(let text): return value.string.map { .string(self.changed($0)) } ?? .leaf(self.changed(number: text))
        }
    }

    private mutating func changed(_ members: [JSONTree.Member], other: JSONTree) -> [JSONTree.Member] {
        var members = members
        guard let index = members.indices.randomElement(using: &self.random) else {
            return [JSONTree.Member(key: "extra", value: other)]
        }
        let key = members[index].key
        func isFree(_ key: String) -> Bool { members.allSatisfy { $0.key != key } }
        switch Int.random(in: 0..<6, using: &self.random) {
        case 0: members.remove(at: index)
        case 1 where isFree("extra"): members.append(JSONTree.Member(key: "extra", value: other))
        case 2 where isFree(key.uppercased()): members[index].key = key.uppercased()
        case 3:
            let misspelt = self.changed(key)
            if isFree(misspelt) { members[index].key = misspelt }
        case 4:
            // Two values change places.
            let second = members.indices.randomElement(using: &self.random)!
            (members[index].value, members[second].value) = (members[second].value, members[index].value)
        default:
            // A member of what is below comes up here.
            if let member = other.members.randomElement(using: &self.random), isFree(member.key) { members.append(member) }
        }
        return members
    }

    private mutating func changed(_ elements: [JSONTree], other: JSONTree) -> [JSONTree] {
        var elements = elements
        switch Int.random(in: 0..<4, using: &self.random) {
        case 0: return []
        case 1: elements.append(other)
        case 2: elements += elements.prefix(1)
        default: if !elements.isEmpty { elements.removeLast() }
        }
        return elements
    }

    private mutating func changed(_ text: String) -> String {
        if Int.random(in: 0..<3, using: &self.random) == 0 { return Self.texts.randomElement(using: &self.random)! }
        var characters = Array(text)
        let index = Int.random(in: 0...characters.count, using: &self.random)
        let character = Self.characters.randomElement(using: &self.random)!
        switch Int.random(in: 0..<4, using: &self.random) {
        case 0: characters.insert(character, at: index)
        case 1 where index < characters.count: characters[index] = character
        case 2 where index < characters.count: characters.remove(at: index)
        default: if index + 1 < characters.count { characters.swapAt(index, index + 1) }
        }
        return String(characters)
    }

    private mutating func changed(number text: String) -> String {
        ["-\(text)".replacing("--", with: ""), "\(text)0", "0.5", "0", "1e2", "-0", "18446744073709551616", "true"]
            .filter { $0 != "00" && (try? JSONTree($0)) != nil }.randomElement(using: &self.random)!
    }
}
