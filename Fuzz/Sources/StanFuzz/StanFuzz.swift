import Glibc

/// Something that reads bytes from outside.
protocol FuzzTarget: SendableMetatype {
    /// Good inputs to begin with.
    static var seeds: [[UInt8]] { get }

    /// Reads the bytes. Traps when what it finds is not as it should be.
    static func run(_ bytes: [UInt8])
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// libFuzzer with one of our targets, which is named by `FUZZ_TARGET`; the arguments are libFuzzer's. With `FUZZ_SEEDS` set to a
/// directory it writes the target's seeds there and does no more. Without a target it prints their names. See `scripts/fuzz`.
@main
struct StanFuzz {
    private static let targets: [(name: String, target: any FuzzTarget.Type)] = [
        ("parser", ParserTarget.self),
        ("info", InfoTarget.self),
        ("stan", StanTarget.self),
        ("credentials", CredentialsTarget.self),
        ("nkey", NKeyTarget.self),
        ("config", ConfigTarget.self),
    ]

    /// libFuzzer calls a C function, which can take nothing along.
    private static let chosen: (any FuzzTarget.Type)? = {
        let name = getenv("FUZZ_TARGET").map { String(cString: $0) }
        return Self.targets.first { $0.name == name }?.target
    }()

    static func main() {
        guard let target = Self.chosen else {
            for (name, _) in Self.targets { print(name) }
            return
        }
        if let directory = getenv("FUZZ_SEEDS").map({ String(cString: $0) }) {
            for (number, seed) in target.seeds.enumerated() { Self.write(seed, to: "\(directory)/seed-\(number)") }
            return
        }
        var count = CommandLine.argc
        var arguments = CommandLine.unsafeArgv
        exit(
            runDriver(&count, &arguments) { start, count in
                StanFuzz.chosen?.run(Array(UnsafeBufferPointer(start: start, count: count)))
                return 0
            }
        )
    }

    private static func write(_ bytes: [UInt8], to path: String) {
        guard let file = fopen(path, "w") else { fatalError("cannot write \(path): \(String(cString: strerror(errno)))") }
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
    }
}
