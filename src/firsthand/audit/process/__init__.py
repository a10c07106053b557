"""The processes in which audited targets live, and what is said between them and the auditor."""
