extension String {
    /// Whether a character would break a line, end a C string, or drive a terminal. Looks at code points: a `Character` can hide
    /// a line feed behind a carriage return.
    var hasControlCharacters: Bool {
        self.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }
}
