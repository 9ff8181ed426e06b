#!/bin/sh
# Makes stan.pb.swift from stan.proto: protoc (Debian: protobuf-compiler), and protoc-gen-swift of the version in Package.resolved,
# built in a copy of its checkout so that our own build does not change.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -r "$here/../../../.build/checkouts/swift-protobuf" "$copy/"
swift build --package-path "$copy/swift-protobuf" --product protoc-gen-swift
protoc --plugin="$copy/swift-protobuf/.build/debug/protoc-gen-swift" --proto_path="$here" \
    --swift_out="$here" --swift_opt=Visibility=Internal --swift_opt=UseAccessLevelOnImports=false "$here/stan.proto"
