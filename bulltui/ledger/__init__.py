"""What bulltui writes down on this machine: the audit of actions, and the journal that can bring back."""
