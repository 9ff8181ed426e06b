extension Configuration.StanSink {
    static func decode(_ reader: ObjectReader) -> Self? {
        let channel = reader.required("channel", "the channel to publish to, such as \"dead.{channel}\"")?
            .parsed("a channel such as \"dead.{channel}\"", by: ChannelTemplate.init(parsing:))
        reader.finish()
        return channel.map(Self.init)
    }
}
