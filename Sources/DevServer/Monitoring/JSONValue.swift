/// JSON that keeps the order of its members.
enum JSONValue {
    case string(String)
    case number(Int)
    case bool(Bool)
    case array([JSONValue])
    case object([(key: String, value: JSONValue)])

    /// As the real server lays it out: two blanks a level.
    var text: String {
        var text = ""
        self.write(to: &text, indent: "")
        return text
    }

    private func write(to text: inout String, indent: String) {
        switch self {
        case .string(let string): Self.write(string, to: &text)
        case .number(let number): text += "\(number)"
        case .bool(let bool): text += bool ? "true" : "false"
        case .array(let values):
            Self.write(values, "[", "]", indent, to: &text) { $0.write(to: &$1, indent: indent + "  ") }
        case .object(let members):
            Self.write(members, "{", "}", indent, to: &text) { member, text in
                Self.write(member.key, to: &text)
                text += ": "
                member.value.write(to: &text, indent: indent + "  ")
            }
        }
    }

    private static func write<Part>(
        _ parts: [Part],
        _ open: String,
        _ close: String,
        _ indent: String,
        to text: inout String,
        _ body: (Part, inout String) -> Void
    ) {
        guard !parts.isEmpty else {
            text += open + close
            return
        }
        text += open
        for (index, part) in parts.enumerated() {
            text += (index == 0 ? "\n" : ",\n") + indent + "  "
            body(part, &text)
        }
        text += "\n" + indent + close
    }

    private static func write(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
