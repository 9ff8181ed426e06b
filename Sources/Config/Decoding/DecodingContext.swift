/// What is shared while one file is decoded: where diagnostics gather, and what the file may refer to.
final class DecodingContext {
    /// More than this help nobody, and a hostile file could have millions.
    private static let maximumDiagnostics = 200

    let file: String
    let surroundings: Surroundings
    private var diagnostics: [Diagnostic] = []
    private(set) var hasErrors = false

    /// Where the first secret stands that the file itself holds.
    private(set) var writtenSecret: (place: SourcePlace, path: FieldPath)?

    /// The files that hold secrets and can be read by every user of the machine, and where each is named.
    private(set) var openFiles: [(place: SourcePlace, path: FieldPath, file: String)] = []

    private var leftOut = false

    init(file: String, surroundings: Surroundings) {
        self.file = file
        self.surroundings = surroundings
    }

    func error(at place: SourcePlace, _ path: FieldPath, _ message: @autoclosure () -> String) {
        self.hasErrors = true
        self.report(.error, at: place, path, message())
    }

    func warning(at place: SourcePlace, _ path: FieldPath, _ message: @autoclosure () -> String) {
        self.report(.warning, at: place, path, message())
    }

    func alarm(at place: SourcePlace, _ path: FieldPath, _ message: @autoclosure () -> String) {
        self.report(.alarm, at: place, path, message())
    }

    /// Notes that the file itself holds a secret.
    func noteSecret(in field: Field) {
        if self.writtenSecret == nil { self.writtenSecret = (field.value.place, field.path) }
    }

    /// Notes that a file holds a secret.
    func noteSecret(inFile file: String, named field: Field) {
        if self.surroundings.isOpenToAll(file) { self.openFiles.append((field.value.place, field.path, file)) }
    }

    /// The message is only made when there is room, since making it can mean a search for what was meant.
    private func report(
        _ severity: Diagnostic.Severity,
        at place: SourcePlace,
        _ path: FieldPath,
        _ message: @autoclosure () -> String
    ) {
        guard self.diagnostics.count < Self.maximumDiagnostics else {
            self.leftOut = true
            return
        }
        self.diagnostics.append(
            Diagnostic(
                severity: severity,
                file: self.file,
                place: place,
                path: path.description,
                message: message()
            )
        )
    }

    /// All diagnostics in the order of the file; of two for one place, in the order they were found.
    func sortedDiagnostics() -> [Diagnostic] {
        var sorted = self.diagnostics.enumerated().sorted { left, right in
            guard let leftPlace = left.element.place, let rightPlace = right.element.place, leftPlace != rightPlace else {
                return left.offset < right.offset
            }
            return leftPlace < rightPlace
        }.map(\.element)
        if self.leftOut, let last = sorted.last {
            let message = "there is more to say than these \(sorted.count) lines (correct them first)"
            let severity: Diagnostic.Severity = self.hasErrors ? .error : .warning
            sorted.append(Diagnostic(severity: severity, file: self.file, place: last.place, path: "", message: message))
        }
        return sorted
    }
}
