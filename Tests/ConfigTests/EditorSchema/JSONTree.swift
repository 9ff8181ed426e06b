@testable import Config

/// A JSON text that a test can take apart, change, and write again.
indirect enum JSONTree: Hashable {
    /// Anything but lists and objects, as it is written.
    case leaf(String)
    case list([JSONTree])
    case object([Member])

    struct Member: Hashable {
        var key: String
        var value: JSONTree
    }

    /// One step into a tree: the place of an element or of a member.
    typealias Place = [Int]

    static func string(_ text: String) -> JSONTree { .leaf(Self.quoted(text)) }

    init(_ text: String) throws {
        self.init(try JSONScanner.scan(Array(text.utf8)))
    }

    private init(_ value: JSONValue) {
        switch value.content {
        case .null: self = .leaf("null")
        case .bool(let value): self = .leaf("\(value)")
        case .number(let text): self = .leaf(text)
        case .string(let text): self = .string(text)
        case .array(let elements): self = .list(elements.map(Self.init))
        case .object(let members): self = .object(members.map { Member(key: $0.key, value: Self($0.value)) })
        }
    }

    /// The text of a string; nil where it is none.
    var string: String? {
        guard case .leaf(let text) = self, case .string(let value)? = try? JSONScanner.scan(Array(text.utf8)).content else {
            return nil
        }
        return value
    }

    var isObject: Bool {
        if case .object = self { true } else { false }
    }

    var children: [JSONTree] {
        switch self {
        case .leaf: []
        case .list(let elements): elements
        case .object(let members): members.map(\.value)
        }
    }

    var members: [Member] {
        if case .object(let members) = self { members } else { [] }
    }

    /// The value of an object's member; nil where there is none.
    subscript(key: String) -> JSONTree? {
        self.members.first { $0.key == key }?.value
    }

    /// What is at a place; setting leaves all else as it is.
    subscript(place: ArraySlice<Int>) -> JSONTree {
        get { place.first.map { self.children[$0][place.dropFirst()] } ?? self }
        set {
            guard let index = place.first else {
                self = newValue
                return
            }
            switch self {
            case .leaf: return
            case .list(var elements):
                elements[index][place.dropFirst()] = newValue
                self = .list(elements)
            case .object(var members):
                members[index].value[place.dropFirst()] = newValue
                self = .object(members)
            }
        }
    }

    /// All places, that of the whole tree first.
    var places: [Place] {
        [[]] + self.children.enumerated().flatMap { index, child in child.places.map { [index] + $0 } }
    }

    var text: String {
        switch self {
        case .leaf(let text): text
        case .list(let elements): "[\(elements.map(\.text).joined(separator: ", "))]"
        case .object(let members):
            "{\(members.map { "\(Self.quoted($0.key)): \($0.value.text)" }.joined(separator: ", "))}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\0"..<" ":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
