extension Configuration.HTTPSink.Authorization {
    /// What `basic` or `bearer` say; nil where there is neither, and where an error was reported.
    static func decode(_ reader: ObjectReader) -> Self? {
        let basicField = reader["basic"]
        let bearerField = reader["bearer"]
        let basic = basicField.flatMap(Self.basic)
        let bearer = bearerField?.secret(for: .bearerToken).map(Self.bearer)
        if basicField != nil, let bearerField {
            bearerField.error("cannot be used together with \"basic\" (keep one of the two)")
        }
        return basic ?? bearer
    }

    private static func basic(_ field: Field) -> Self? {
        guard let reader = field.object() else { return nil }
        let username = reader.required("username", "the user's name")?.parsed(by: Self.username)
        let password = reader.required("password", "the user's password")?.secret()
        reader.finish()
        guard let username, let password else { return nil }
        return .basic(username: username, password: password)
    }

    private static func username(_ text: String) throws(TextProblem) -> String {
        if text.utf8.contains(UInt8(ascii: ":")) {
            throw TextProblem("must not have a ':', which separates it from the password when they are sent")
        }
        return text
    }
}
