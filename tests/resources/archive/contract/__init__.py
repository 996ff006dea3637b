"""What the archive relies on in an S3 server, tried on each there is: moto everywhere, Ceph where it is."""
