from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_scope"),
    ]

    operations = [
        migrations.AlterField(
            model_name="grant",
            name="scope",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
    ]
