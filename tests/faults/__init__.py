"""A server that is away, slow, ill or lying, whatever is being done."""
