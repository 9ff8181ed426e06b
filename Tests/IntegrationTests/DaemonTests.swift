import Testing

/// Tests of the program as a whole, which run as child processes. One at a time: several at once would only make each other slow,
/// and some wait for times that a server counts in whole seconds.
@Suite("The daemon", .serialized)
enum DaemonTests {}
