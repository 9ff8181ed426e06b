import Foundation
import Testing

@testable import Config

/// The keys and the defaults of the configuration, of the schema, and of the documentation are the same.
@Suite("Keys and defaults")
struct SchemaKeyTests {
    @Test("the schema has the keys that the configuration has, object by object")
    func keys() throws {
        let trees = try (SchemaCorpus.good + [completeText]).map { try JSONTree($0) }
        let ours = Set(try trees.flatMap { try SchemaObjects.configured(in: $0).map(\.keys) })
        let schemas = Set(try SchemaObjects.described().map(SchemaObjects.keys))
        #expect(ours.subtracting(schemas) == [])
        #expect(schemas.subtracting(ours) == [])
        #expect(ours.count > 15)
    }

    @Test(
        "every key is described, in the schema and in the documentation, whose first example has all but other ways of authentication"
    )
    func documentation() throws {
        let page = try SchemaCorpus.documentation()
        let example = try #require(try SchemaCorpus.documented().first)
        let elsewhere: Set = ["env", "file", "sequence", "time", "interval", "nkey_seed_file"]
        for object in try SchemaObjects.described() {
            for member in object["properties"]?.members ?? [] {
                #expect(page.contains("`\(member.key)`") || page.contains("\"\(member.key)\""), "\(member.key)")
                if !elsewhere.contains(member.key) { #expect(example.contains("\"\(member.key)\": "), "\(member.key)") }
            }
        }
    }

    @Test("a default of the schema is what the configuration takes when the key is missing")
    func defaults() throws {
        let tree = try JSONTree(SchemaObjects.sparse)
        let plain = try #require(SchemaCorpus.load(tree.text).configuration)
        let objects = try SchemaObjects.configured(in: tree)
        var count = 0
        for object in try SchemaObjects.described() {
            for member in object["properties"]?.members ?? [] {
                guard let standard = member.value["default"] else { continue }
                count += 1
                let places = objects.filter {
                    $0.keys == SchemaObjects.keys(of: object) && tree[$0.place[...]][member.key] == nil
                }
                let loaded = places.map { place, _ in
                    var changed = tree
                    changed[place[...]] = .object(tree[place[...]].members + [JSONTree.Member(key: member.key, value: standard)])
                    return SchemaCorpus.load(changed.text)
                }
                let good = loaded.compactMap(\.configuration)
                #expect(
                    !good.isEmpty && good.allSatisfy { $0 == plain },
                    "\(member.key) \(standard.text) \(loaded.flatMap(\.lines))"
                )
            }
        }
        #expect(count > 30)
    }
}
