extension Configuration.FileSink {
    /// What is other than usual about how it writes, in words such as `synced every 1s` and `rotated at 256MiB or after 24h`.
    package var remarks: [String] {
        var remarks: [String] = []
        switch self.sync {
        case .always: break
        case .interval(let interval): remarks.append("synced every \(DurationText.print(interval))")
        case .never: remarks.append("not synced")
        }
        if let rotate = self.rotate {
            let size = rotate.size.map { "at \(ByteSize($0))" }
            let every = rotate.every.map { "after \(DurationText.print($0))" }
            remarks.append("rotated " + [size, every].compactMap { $0 }.joined(separator: " or "))
        }
        return remarks
    }
}
