/// An object of the file, read key by key. It notes which keys it was asked for, so that `finish` can name the others.
final class ObjectReader {
    private let members: [JSONMember]
    private let field: Field
    private var known: [String] = []

    init(members: [JSONMember], field: Field) {
        self.members = members
        self.field = field
    }

    var context: DecodingContext { self.field.context }

    /// The keys that the object has, in the order of the file.
    var keys: [String] { self.members.map(\.key) }

    /// The object itself, for errors about it as a whole.
    var whole: Field { self.field }

    /// The value of an optional key.
    subscript(key: String) -> Field? {
        self.known.append(key)
        guard let member = self.members.first(where: { $0.key == key }) else { return nil }
        return Field(value: member.value, path: self.field.path.key(key), context: self.context)
    }

    /// The value of a key that must be there.
    func required(_ key: String, _ meaning: String) -> Field? {
        if let value = self[key] { return value }
        self.context.error(at: self.field.value.place, self.field.path.key(key), "is missing (\(meaning))")
        return nil
    }

    /// All members, for objects whose keys are names that the user chose. The field's place is that of the value.
    func named() -> [(name: String, nameField: Field, field: Field)] {
        self.members.map { member in
            let path = self.field.path.key(member.key)
            // An error about the name itself points at the name.
            let name = JSONValue(content: .string(member.key), place: member.place)
            return (
                member.key,
                Field(value: name, path: path, context: self.context),
                Field(value: member.value, path: path, context: self.context)
            )
        }
    }

    /// Reports every key that nobody asked for.
    ///
    /// - Returns: whether there was none.
    @discardableResult
    func finish() -> Bool {
        var clean = true
        for member in self.members where !self.known.contains(member.key) {
            clean = false
            let path = self.field.path.key(member.key)
            if let meant = Suggestion.closest(to: member.key, among: self.known) {
                self.context.error(at: member.place, path, "unknown key (did you mean \"\(meant)\"?)")
            } else {
                self.context.error(at: member.place, path, "unknown key (known here: \(self.known.joined(separator: ", ")))")
            }
        }
        return clean
    }
}
