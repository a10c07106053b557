"""How good is an agent, and is it better than another: statistics, evaluation, tables and the HTML
report.
"""
