"""The numbers that people say: #1, #2, ... Restricted incidents do not use this sequence."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("incidents", "0001_initial")]
    operations = [
        migrations.RunSQL("CREATE SEQUENCE incident_number", reverse_sql="DROP SEQUENCE incident_number"),
    ]
