import Config
import Delivery
import Notation
import TestSupport
import Testing

/// The configuration and the file sink each read a path's text.
@Suite("Paths, as the configuration and the file sink understand them")
struct FilePathAgreementTests {
    /// What the configuration makes of the path of a file sink; nil where it refuses it.
    private static func configured(_ path: String) -> PathTemplate? {
        let quoted = path.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        let text = """
            {
              "stan": { "cluster_id": "c", "client_id": "b" },
              "sinks": { "f": { "type": "file", "path": "\(quoted)" } },
              "routes": [{ "name": "r", "channel": "a.b", "durable_name": "d", "to": ["f"] }]
            }
            """
        let surroundings = Surroundings(directory: "/50%/conf", readFile: { _, _ in .failure(FileProblem("none")) })
        let loaded = Configuration.load(Array(text.utf8), file: "c.json", surroundings: surroundings)
        guard case .file(let file)? = loaded.configuration?.sinks.first?.kind else { return nil }
        return file.path
    }

    private static func path(_ template: FilePathTemplate, at timestamp: Int64) -> String {
        template.path(for: RouteContext(route: "r", channel: "a.b", cluster: "c", clientID: "b"), at: timestamp)
    }

    @Test("both take the same conversions, whatever character stands behind the percent sign")
    func conversions() {
        let characters = (0x20..<0x7F).map { Character(Unicode.Scalar($0)) } + ["é", "\u{301}"]
        for character in characters {
            for text in ["/d/%\(character)x", "/d/%\(character)"] {
                let isTaken = (try? FilePathTemplate(text)) != nil
                #expect((Self.configured(text) != nil) == isTaken, "\(text)")
            }
        }
    }

    @Test("both take the same texts", arguments: 1...4 as ClosedRange<UInt64>)
    func texts(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let parts = [
            "{channel}", "{route}", "{client_id}", "{x}", "%Y", "%F", "%%", "%", "{", "}", "a", "/", ".", "é", "\u{301}",
        ]
        var taken = 0
        for _ in 0..<1000 {
            let length = Int.random(in: 1...5, using: &random)
            let text = "/d/" + (0..<length).compactMap { _ in parts.randomElement(using: &random) }.joined()
            let isTaken = (try? FilePathTemplate(text)) != nil
            #expect((Self.configured(text) != nil) == isTaken, "\(text)")
            taken += isTaken ? 1 : 0
        }
        // Neither all nor none, or nothing would have been compared.
        #expect((100...900).contains(taken))
    }

    @Test("a path has the characters at any time that the configuration expects of it")
    func characters() throws {
        var random = SeededGenerator(seed: 1)
        let edges: [Int64] = [.min, -1, 0, .max]
        for conversion in TimeConversion.allCases {
            let configured = try #require(Self.configured("x-\(conversion.text)"))
            #expect(configured.pieces.last == .time(conversion))
            let template = try FilePathTemplate(configured.text)
            for timestamp in edges + (0..<2000).map({ _ in .random(in: .min ... .max, using: &random) }) {
                let path = Self.path(template, at: timestamp)
                #expect(path.hasPrefix("/50%/conf/x-"))
                let characters = Array(path.utf8.dropFirst("/50%/conf/x-".utf8.count))
                let fits =
                    characters.count == conversion.characters.count
                    && zip(conversion.characters, characters).allSatisfy { $0.contains($1) }
                #expect(fits, "\(conversion.text) at \(timestamp) is \(path)")
            }
        }
    }
}
