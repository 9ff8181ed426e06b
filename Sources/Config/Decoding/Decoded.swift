/// A decoded value and the field that it came from, for checks that look at several.
struct Decoded<Value> {
    let value: Value
    let field: Field

    /// The field below these keys, each in the one before, or the innermost that the file has.
    func at(_ keys: String...) -> Field {
        var field = self.field
        for key in keys {
            guard case .object(let members) = field.value.content, let member = members.first(where: { $0.key == key }) else {
                break
            }
            field = Field(value: member.value, path: field.path.key(key), context: field.context)
        }
        return field
    }
}
