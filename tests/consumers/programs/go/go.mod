// A module of its own, so that nobody's program above a clone of this repository takes it for its own.
module example.com/go-consumer

go 1.25.11
