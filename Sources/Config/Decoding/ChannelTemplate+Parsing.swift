extension ChannelTemplate {
    init(parsing text: String) throws(TextProblem) {
        self.text = text
        self.pieces = try PathTemplate.pieces(of: text, known: [.channel, .route], hasTime: false)
        // Braces are characters like any other to a server: what is wrong with the rest shows around them.
        _ = try SubjectText.channel(text)
    }
}
