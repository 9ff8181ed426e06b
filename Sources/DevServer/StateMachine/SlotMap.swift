/// Names one element of a ``SlotMap``. Once the element is gone the name never means another one.
package struct SlotID<Tag>: Hashable, Sendable {
    fileprivate let index: UInt32
    fileprivate let generation: UInt32
}

package enum SubscriptionTag {}
package enum ClientTag {}
enum ChannelTag {}
enum QueueGroupTag {}

package typealias SubscriptionID = SlotID<SubscriptionTag>
package typealias ClientKey = SlotID<ClientTag>
typealias ChannelKey = SlotID<ChannelTag>
typealias QueueGroupKey = SlotID<QueueGroupTag>

/// Values in reused array slots: a look-up is an index and a comparison, and values change in place.
struct SlotMap<Tag, Element: Sendable>: Sendable {
    private struct Slot: Sendable {
        var generation: UInt32 = 0
        var element: Element?
    }

    private var slots: ContiguousArray<Slot> = []
    private var free: [UInt32] = []

    var count: Int { self.slots.count - self.free.count }

    /// The names of all elements, in the order of their slots.
    var ids: [SlotID<Tag>] {
        self.slots.indices.compactMap { index in
            let slot = self.slots[index]
            return slot.element == nil ? nil : SlotID(index: UInt32(index), generation: slot.generation)
        }
    }

    mutating func insert(_ element: Element) -> SlotID<Tag> {
        if let index = self.free.popLast() {
            self.slots[Int(index)].element = element
            return SlotID(index: index, generation: self.slots[Int(index)].generation)
        }
        self.slots.append(Slot(element: element))
        return SlotID(index: UInt32(self.slots.count - 1), generation: 0)
    }

    @discardableResult
    mutating func remove(_ id: SlotID<Tag>) -> Element {
        precondition(self.contains(id), "the element is gone already")
        guard let element = self.slots[Int(id.index)].element.take() else { preconditionFailure("a live slot is empty") }
        self.slots[Int(id.index)].generation &+= 1
        self.free.append(id.index)
        return element
    }

    func contains(_ id: SlotID<Tag>) -> Bool {
        guard id.index < self.slots.count else { return false }
        let slot = self.slots[Int(id.index)]
        return slot.generation == id.generation && slot.element != nil
    }

    /// Only for names that are known to be live; ask ``contains(_:)`` about those that come from outside.
    subscript(id: SlotID<Tag>) -> Element {
        _read {
            precondition(self.slots[Int(id.index)].generation == id.generation, "the element is gone")
            yield self.slots[Int(id.index)].element!
        }
        _modify {
            precondition(self.slots[Int(id.index)].generation == id.generation, "the element is gone")
            yield &self.slots[Int(id.index)].element!
        }
    }
}
