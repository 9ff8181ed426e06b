import Matching
import Testing

@Suite("JSON pointers")
struct JSONPointerTests {
    @Test(
        "are read as RFC 6901 has it",
        arguments: [
            ("", []), ("/", [""]), ("/foo", ["foo"]), ("/foo/0", ["foo", "0"]), ("//", ["", ""]), ("/a~1b", ["a/b"]),
            ("/m~0n", ["m~n"]), ("/~01", ["~1"]), ("/c%d", ["c%d"]), ("/i\\j", ["i\\j"]), ("/ ", [" "]), ("/é", ["é"]),
        ] as [(String, [String])]
    )
    func steps(text: String, names: [String]) throws {
        let pointer = try JSONPointer(text)
        #expect(pointer.steps.map { String(decoding: $0.name, as: UTF8.self) } == names)
        #expect(pointer.description == text)
    }

    @Test(
        "an element's number is written as arrays count",
        arguments: [
            ("0", 0), ("10", 10), ("01", nil), ("-", nil), ("-1", nil), ("", nil), ("1e0", nil), ("99999999999999999999", nil),
        ]
            as [(String, Int?)]
    )
    func indices(text: String, index: Int?) throws {
        #expect(try JSONPointer("/\(text)").steps.map(\.index) == [index])
    }

    @Test(
        "others are refused, and say why",
        arguments: [
            ("a", "must start with '/' (such as \"/customer/id\"; \"\" is the whole message)"),
            ("#/a", "must start with '/' (such as \"/customer/id\"; \"\" is the whole message)"),
            ("/a~", "has a '~' that is not part of \"~0\" or \"~1\" (write '~' itself as \"~0\", '/' as \"~1\")"),
            ("/a~2/b", "has a '~' that is not part of \"~0\" or \"~1\" (write '~' itself as \"~0\", '/' as \"~1\")"),
            (String(repeating: "/", count: 1025), "must not be longer than 1024 bytes"),
        ]
    )
    func refuses(text: String, problem: String) {
        #expect(throws: SyntaxProblem(problem)) { try JSONPointer(text) }
    }
}
