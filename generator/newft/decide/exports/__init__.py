"""The recipe as configurations of other training tools."""
