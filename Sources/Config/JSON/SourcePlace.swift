/// Where something stands in a file.
package struct SourcePlace: Sendable, Hashable, Comparable {
    /// The line, from 1.
    package let line: Int

    /// The column, from 1, counted in Unicode code points: what editors show for all but exotic text. A tab is one.
    package let column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    package static func < (left: SourcePlace, right: SourcePlace) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}
