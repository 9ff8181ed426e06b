import Foundation
import TestSupport

/// Names that mean, to one program, what a test says; and what libcurl keeps for a minute, it keeps for a second.
///
/// A library that goes before the system's own answers for these names. All others are what they are.
final class FakeNames: Sendable {
    struct Failed: Error {
        let output: String
    }

    private let directory: TestDirectory

    /// For the program whose names they are.
    let environment: [String: String]

    static func make() async throws -> FakeNames {
        let directory = try TestDirectory()
        let source = try directory.write(Self.source, to: "names.c")
        let library = directory.path(of: "names.so")
        guard let compiler = TestProgram.path(of: "cc") ?? TestProgram.path(of: "clang") else {
            throw Failed(output: "there is no C compiler")
        }
        let program = TestProgram.start(command: [compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"])
        guard await program.end() == .status(0) else { throw Failed(output: program.errors) }
        return FakeNames(directory, ["LD_PRELOAD": library, "STAN_TEST_NAMES": directory.path])
    }

    private init(_ directory: TestDirectory, _ environment: [String: String]) {
        self.directory = directory
        self.environment = environment
    }

    /// From now on the name means this port of the loopback interface, whatever port was asked for.
    func point(_ name: String, at port: Int) throws {
        try self.directory.write("\(port)\n", to: name)
    }

    /// From now on, whoever asks for the name gets no answer; until it is pointed somewhere.
    func hang(_ name: String) throws {
        try self.directory.write("hang\n", to: name)
    }

    private static let source = """
        #define _GNU_SOURCE
        #include <curl/curl.h>
        #include <dlfcn.h>
        #include <netdb.h>
        #include <stdarg.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <unistd.h>
        #undef curl_easy_setopt

        static int read_answer(const char *name, char *answer, int size)
        {
            char path[4096];
            snprintf(path, sizeof path, "%s/%s", getenv("STAN_TEST_NAMES"), name);
            FILE *file = fopen(path, "re");
            if (!file) return 0;
            char *line = fgets(answer, size, file);
            fclose(file);
            if (line) line[strcspn(line, "\\n")] = 0;
            return line != NULL;
        }

        int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **result)
        {
            int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **) = dlsym(RTLD_NEXT, "getaddrinfo");
            char answer[64];
            if (!name || !read_answer(name, answer, sizeof answer)) return next(name, service, hints, result);
            while (strcmp(answer, "hang") == 0) {
                /* Until the test changes the file, which nothing tells us of. */
                usleep(10000);
                if (!read_answer(name, answer, sizeof answer)) return EAI_AGAIN;
            }
            return next("127.0.0.1", answer, hints, result);
        }

        CURLcode curl_easy_setopt(CURL *easy, CURLoption option, ...)
        {
            CURLcode (*next)(CURL *, CURLoption, ...) = dlsym(RTLD_NEXT, "curl_easy_setopt");
            va_list arguments;
            va_start(arguments, option);
            void *value = va_arg(arguments, void *);
            va_end(arguments);
            if (option == CURLOPT_DNS_CACHE_TIMEOUT || option == CURLOPT_MAXLIFETIME_CONN) value = (void *)((long)value / 60);
            return next(easy, option, value);
        }
        """
}
