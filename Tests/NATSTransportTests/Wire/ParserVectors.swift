import NATSTransport

/// What a server may send.
enum ParserVectors {
    /// Every operation in every form, with what it means.
    static let stream: [(text: String, frame: ParsedFrame)] = [
        ("INFO {\"server_id\":\"x\"} \r\n", .info("{\"server_id\":\"x\"}")),
        ("+OK\r\n", .ok),
        ("PING\r\n", .ping),
        ("PONG\r\n", .pong),
        ("-ERR 'Stale Connection'\r\n", .error("Stale Connection")),
        ("-ERR\tno quotes \r\n", .error("no quotes")),
        ("MSG foo.bar 1 5\r\nhello\r\n", .message("foo.bar", 1, "hello")),
        ("MSG foo 2 _INBOX.x 3\r\nabc\r\n", .message("foo", 2, reply: "_INBOX.x", "abc")),
        ("MSG foo 3 0\r\n\r\n", .message("foo", 3, "")),
        ("MSG foo 4 12\r\nPING\r\nMSG \r\n\r\n", .message("foo", 4, "PING\r\nMSG \r\n")),
        (
            "HMSG r 5 16 16\r\nNATS/1.0 503\r\n\r\n\r\n",
            .message(subject: "r", subscription: 5, reply: nil, status: 503, payload: [])
        ),
        (
            "HMSG r 6 back 22 24\r\nNATS/1.0\r\nName: ab\r\n\r\nhi\r\n",
            .message(subject: "r", subscription: 6, reply: "back", status: nil, payload: Array("hi".utf8))
        ),
        // What the protocol allows and servers do not do.
        ("ping\n", .ping),
        ("Pong\n", .pong),
        ("info {}\n", .info("{}")),
        ("+ok\n", .ok),
        ("-err 'x'\n", .error("x")),
        ("msg \t foo\t\t7   2\nhi\r\n", .message("foo", 7, "hi")),
        ("hMsG a 8 12 12 \r\nNATS/1.0\r\n\r\n\r\n", .message("a", 8, "")),
    ]
}
