extension HTTPURL {
    /// Reads a URL. Errors never repeat the text: it may hold a password.
    package init(parsing text: String) throws(TextProblem) {
        guard let range = text.firstRange(of: "://") else {
            throw TextProblem("must start with \"http://\" or \"https://\"")
        }
        let scheme = text[..<range.lowerBound].lowercased()
        guard scheme == "http" || scheme == "https" else {
            throw TextProblem("must start with \"http://\" or \"https://\" (other schemes are not supported)")
        }
        let rest = text[range.upperBound...]
        if rest.utf8.contains(UInt8(ascii: "#")) { throw TextProblem("must not have a fragment ('#' and what follows)") }
        let end = rest.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
        let authority = rest[..<end]
        if authority.utf8.contains(UInt8(ascii: "@")) {
            throw TextProblem(
                "must not have a user name or password before '@' "
                    + "(write \"basic\": {\"username\": \"NAME\", \"password\": {\"env\": \"NAME\"}} instead)"
            )
        }
        let address = try HostAndPort(parsing: String(authority))
        try Self.check(rest[end...])
        self.text = text
        self.isSecure = scheme == "https"
        self.host = address.host
        let host = address.host.utf8.contains(UInt8(ascii: ":")) ? "[\(address.host)]" : address.host
        self.origin = "\(scheme)://\(host)" + (address.port.map { ":\($0)" } ?? "")
    }

    /// Path and query: the characters of RFC 3986, section 3.3 and 3.4.
    private static func check(_ pathAndQuery: Substring) throws(TextProblem) {
        var bytes = pathAndQuery.utf8[...]
        while let byte = bytes.popFirst() {
            if byte == UInt8(ascii: "%") {
                guard bytes.popFirst()?.hexDigitValue != nil, bytes.popFirst()?.hexDigitValue != nil else {
                    throw TextProblem("has a '%' without two hexadecimal digits (write '%' itself as %25)")
                }
            } else if !byte.isASCIILetterOrDigit, !"-._~!$&'()*+,;=:@/?".utf8.contains(byte) {
                let what = byte < 0x80 ? "'\(Unicode.Scalar(byte))'" : "a character outside ASCII"
                throw TextProblem("has \(what) in its path or query (percent-encode it)")
            }
        }
    }
}
