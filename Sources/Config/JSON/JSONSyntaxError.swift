/// Why a text is not the JSON we take: the first offence only, since what follows it cannot be trusted.
struct JSONSyntaxError: Error, Equatable {
    let place: SourcePlace
    let message: String
}
