"""Why a given call would be allowed or refused for an identity, statement by statement."""
