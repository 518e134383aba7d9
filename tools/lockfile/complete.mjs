import '../checks/bin/complete-lockfile.mjs';
