"""K labelled anomalies on ADBench's tables: the live default compared with simple and deep baselines."""
