/// A decoded value and the field that it came from, for checks that look at several.
struct Decoded<Value> {
    let value: Value
    let field: Field

    /// The field below `key`, or the whole when the file has none.
    func at(_ key: String) -> Field {
        guard case .object(let members) = self.field.value.content, let member = members.first(where: { $0.key == key }) else {
            return self.field
        }
        return Field(value: member.value, path: self.field.path.key(key), context: self.field.context)
    }
}
